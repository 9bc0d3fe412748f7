// Forms: counters, marks at changed fields, the list of changes beside the form, a warning before entries are lost.
// The server draws all of it once; this keeps it true while typing.

const length = (text) => [...text].length;

function counter(output) {
    const field = document.getElementById(output.getAttribute("for"));
    const limit = Number(output.dataset.limit);
    if (!field) return;
    const show = () => {
        const count = length(field.value);
        output.textContent = `${count} / ${limit}`;
        output.classList.toggle("is-over", count > limit);
    };
    field.addEventListener("input", show);
    show();
}

function controls(field) {
    return [...field.querySelectorAll("input, select, textarea")].filter((control) => control.name && control.type !== "hidden");
}

function valueOf(field) {
    return controls(field).map((control) => {
        if (control.type === "file") return control.files.length ? control.files[0].name : "";
        if (control.type === "checkbox" || control.type === "radio") return control.checked ? control.value : "";
        return control.value.replace(/\r\n/g, "\n");
    }).join("\u0000");
}

function wordsOf(field) {
    return controls(field).map((control) => {
        if (control.type === "file") return control.files.length ? control.files[0].name : "";
        if (control.type === "checkbox" || control.type === "radio") {
            return control.checked ? (control.closest("label")?.textContent ?? "").trim() : "";
        }
        if (control.tagName === "SELECT") return [...control.selectedOptions].map((option) => option.text.trim()).join(", ");
        return control.value.trim();
    }).filter(Boolean).join(", ");
}

function mark(tag, word, text) {
    const element = document.createElement(tag);
    const hidden = document.createElement("span");
    hidden.className = "visually-hidden";
    hidden.textContent = `${word} `;
    element.append(hidden, text);
    return element;
}

function watch(form) {
    const side = document.querySelector("[data-changes]");
    const fields = [...form.querySelectorAll("[data-field]")].filter((field) => controls(field).length);
    const loaded = new Map(fields.map((field) => [field, {
        value: valueOf(field),
        words: field.dataset.original ?? wordsOf(field),
        wasChanged: field.classList.contains("is-changed"),
    }]));
    let leaving = false;

    const changedFields = () => fields.filter((field) => {
        const start = loaded.get(field);
        return valueOf(field) === start.value ? start.wasChanged : wordsOf(field) !== start.words || !start.wasChanged;
    });

    const show = () => {
        const changed = changedFields();
        fields.forEach((field) => field.classList.toggle("is-changed", changed.includes(field)));
        if (!side) return;
        const texts = side.dataset;
        side.querySelectorAll("[data-changes-count]").forEach((count) => {
            count.textContent = changed.length;
            count.hidden = changed.length === 0;
        });
        const list = side.querySelector("[data-changes-list]");
        list.replaceChildren(...changed.flatMap((field) => {
            const name = document.createElement("dt");
            name.textContent = field.dataset.label;
            const values = document.createElement("dd");
            const before = loaded.get(field).words || texts.textEmpty;
            values.append(mark("del", texts.textRemoved, before), " → ", mark("ins", texts.textAdded, wordsOf(field) || texts.textEmpty));
            return [name, values];
        }));
        list.hidden = changed.length === 0;
        const button = side.querySelector("[data-changes-button]");
        if (button) {
            const text = changed.length === 0 ? texts.buttonNone : changed.length === 1 ? texts.buttonOne : texts.buttonMany;
            button.textContent = text.replace("%(count)s", changed.length);
        }
    };

    form.addEventListener("input", show);
    form.addEventListener("change", show);
    form.addEventListener("reset", () => setTimeout(show));
    form.addEventListener("submit", () => { leaving = true; });
    window.addEventListener("pageshow", () => { leaving = false; });
    if ("warnUnsaved" in form.dataset) {
        window.addEventListener("beforeunload", (event) => {
            if (!leaving && changedFields().length) event.preventDefault();
        });
    }
    show();
}

document.querySelectorAll("output[data-limit]").forEach(counter);
document.querySelectorAll("form[data-watch]").forEach(watch);
