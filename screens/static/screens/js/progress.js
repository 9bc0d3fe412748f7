// Live progress. An element with data-progress asks its data-url and puts the answer into its [data-progress-part].
// The answer is an HTML fragment, or JSON {"html", "status", "final"}. A fragment says the same with
// data-status="sentence" and data-final on its first element. Hidden pages do not ask; the status line speaks
// at most every ten seconds; "As of ... Reload" in the fragment is the way without script.

const SPEAK_EVERY = 10_000;
const SLOWEST = 30_000;

async function read(url) {
    const answer = await fetch(url, {
        credentials: "same-origin",
        headers: { Accept: "text/html, application/json", "X-Progress": "1" },
        redirect: "error",
    });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    if (answer.headers.get("content-type")?.includes("json")) return answer.json();
    const html = await answer.text();
    const first = new DOMParser().parseFromString(html, "text/html").body.firstElementChild;
    return { html, status: first?.dataset.status ?? "", final: first !== null && "final" in first.dataset };
}

function swap(part, html) {
    const nodes = new DOMParser().parseFromString(html, "text/html").body.childNodes;
    const focused = part.contains(document.activeElement) ? document.activeElement : null;
    const key = focused?.id || focused?.dataset.key || focused?.getAttribute("href");
    part.replaceChildren(...[...nodes].map((node) => document.adoptNode(node)));
    if (!key) return;
    [...part.querySelectorAll("a, button, [id], [data-key]")]
        .find((node) => [node.id, node.dataset.key, node.getAttribute("href")].includes(key))
        ?.focus({ preventScroll: true });
}

function follow(root) {
    const part = root.querySelector("[data-progress-part]") ?? root;
    const line = root.querySelector("[data-progress-status]");
    const interval = Number(root.dataset.interval) || 2000;
    let wait = interval;
    let timer = null;
    let spoken = Date.now();

    const ask = async () => {
        timer = null;
        if (document.hidden) return;
        try {
            const { html, status, final } = await read(root.dataset.url);
            // An open popover or a text being marked is not pulled away under the hand.
            if (final || document.getSelection()?.isCollapsed !== false) swap(part, html);
            if (line && status && (final || Date.now() - spoken >= SPEAK_EVERY)) {
                line.textContent = status;
                spoken = Date.now();
            }
            wait = interval;
            if (final) {
                root.dataset.stopped = "";
                if ("reloadWhenFinal" in root.dataset) window.location.reload();
                return;
            }
        } catch {
            // The fragment keeps its "As of" time and its reload link; ask again, each time later.
            wait = Math.min(wait * 2, SLOWEST);
        }
        timer = setTimeout(ask, wait);
    };

    document.addEventListener("visibilitychange", () => {
        if (!document.hidden && timer === null && !("stopped" in root.dataset)) ask();
    });
    timer = setTimeout(ask, interval);
}

document.querySelectorAll("[data-progress][data-url]").forEach(follow);
