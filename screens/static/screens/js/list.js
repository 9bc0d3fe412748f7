// Lists: ticks over a range with shift, tick all, live count in the bulk bar, "/" to the search field,
// popovers that close, long choices that narrow while typing. The page works without any of it.

const fill = (text, count) => text.replace("%(count)s", count.toLocaleString("en"));

function bulkForm(form) {
    const ticks = [...form.querySelectorAll(".row-tick")];
    const bar = form.querySelector("[data-bulk]");
    if (!bar || !ticks.length) return;
    const all = form.querySelector("[data-tick-all]");
    const page = bar.querySelector('[name="select_across"][value="0"]');
    const across = bar.querySelector('[name="select_across"][value="1"]');
    const except = bar.querySelector('[name="select_across"][value="2"]');
    const words = bar.querySelector("[data-selected-text]");
    const exceptWords = bar.querySelector("[data-except-text]");
    const clear = bar.querySelector("[data-clear]");
    let last = null;
    let tickedByChoice = false;

    // A count that is capped ("10,000+") says the same with a few rows less.
    const left = (texts, count) =>
        texts.matching === undefined ? texts.shown : (Number(texts.matching) - count).toLocaleString("en");

    const showExcept = (count) => {
        const texts = exceptWords.dataset;
        const counted = except.checked && count > 0;
        const text = !counted ? texts.textNone : count === 1 ? texts.textOne : texts.textMany;
        exceptWords.textContent = fill(text, count).replace("%(left)s", left(texts, count));
    };

    const show = () => {
        const count = ticks.filter((tick) => tick.checked).length;
        const matching = Boolean(across?.checked || except?.checked);
        const inverted = Boolean(except?.checked);
        ticks.forEach((tick) => tick.closest("tr").classList.toggle("is-selected", tick.checked !== inverted));
        if (all) {
            all.checked = count === ticks.length;
            all.indeterminate = count > 0 && count < ticks.length;
        }
        const texts = words.dataset;
        const onPage = inverted ? 0 : count;
        words.textContent = fill(onPage === 0 ? texts.textNone : onPage === 1 ? texts.textOne : texts.textMany, onPage);
        if (except) showExcept(count);
        bar.classList.toggle("is-active", count > 0 || matching);
        if (clear) clear.hidden = count === 0 && !matching;
    };

    // A tick of one row means this page, unless it names an exception.
    const toPage = () => {
        tickedByChoice = false;
        if (page && !except?.checked) page.checked = true;
    };

    form.addEventListener("click", (event) => {
        const tick = event.target.closest(".row-tick");
        if (!tick) return;
        if (event.shiftKey && last) {
            const [from, to] = [ticks.indexOf(last), ticks.indexOf(tick)].sort((a, b) => a - b);
            ticks.slice(from, to + 1).forEach((other) => { other.checked = tick.checked; });
        }
        last = tick;
        toPage();
        show();
    });
    form.addEventListener("change", (event) => {
        if (event.target === all) {
            ticks.forEach((tick) => { tick.checked = all.checked; });
            toPage();
        }
        if (event.target === across) {
            ticks.forEach((tick) => { tick.checked = true; });
            tickedByChoice = true;
        }
        if (event.target === except && tickedByChoice) {
            // Those ticks said "all of them"; taken for exceptions they would turn the meaning round.
            ticks.forEach((tick) => { tick.checked = false; });
            tickedByChoice = false;
        }
        show();
    });
    clear?.addEventListener("click", () => {
        ticks.forEach((tick) => { tick.checked = false; });
        if (page) page.checked = true;
        show();
    });
    window.addEventListener("pageshow", show);
    if (all) all.hidden = false;
    show();
}

function narrowing(list) {
    const links = [...list.querySelectorAll("a, label")];
    const field = list.parentElement.querySelector("[data-narrow-field]");
    if (!field || links.length < 12) return;
    field.closest("[hidden]").hidden = false;
    field.addEventListener("input", () => {
        const wanted = field.value.trim().toLowerCase();
        links.forEach((link) => { link.hidden = !link.textContent.toLowerCase().includes(wanted); });
    });
    field.addEventListener("keydown", (event) => {
        if (event.key === "Enter") event.preventDefault();
    });
}

function closeDrops(except) {
    document.querySelectorAll("details.drop[open]").forEach((drop) => {
        if (drop !== except && !drop.contains(except)) drop.open = false;
    });
}

// A key without Ctrl or Alt can get in the way of speech input and slips of the hand: it can be switched off.
function shortcutsSwitch(button) {
    const isOff = () => localStorage.getItem("shortcuts") === "off";
    const show = () => {
        button.querySelector("span").textContent = isOff() ? button.dataset.textOff : button.dataset.textOn;
    };
    button.hidden = false;
    button.addEventListener("click", () => {
        localStorage.setItem("shortcuts", isOff() ? "on" : "off");
        show();
    });
    show();
}

document.querySelectorAll("[data-shortcuts-toggle]").forEach(shortcutsSwitch);
document.querySelectorAll("form[data-bulk-form]").forEach(bulkForm);
document.querySelectorAll("[data-narrow]").forEach(narrowing);

document.addEventListener("click", (event) => closeDrops(event.target));
document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
        const open = document.activeElement?.closest("details.drop[open]");
        closeDrops(null);
        open?.querySelector("summary").focus();
    }
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (localStorage.getItem("shortcuts") === "off") return;
    const search = document.querySelector('[data-shortcut="/"]');
    if (!search) return;
    event.preventDefault();
    search.focus();
});
