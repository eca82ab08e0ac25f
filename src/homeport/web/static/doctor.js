// /doctor: a button beside each command that copies it. Without a script, a click into the command selects it.
"use strict";
(() => {
  const findings = document.getElementById("findings");
  const SHOWN = 2000; // milliseconds

  const say = (button, word, command) => {
    button.textContent = word;
    button.setAttribute("aria-label", `${word}: ${command.textContent}`);
  };
  const copy = async (button, command) => {
    try {
      await navigator.clipboard.writeText(command.textContent);
    } catch { // the browser forbids it: the person copies what is selected
      getSelection().selectAllChildren(command);
      return;
    }
    say(button, findings.dataset.copied, command);
    setTimeout(() => say(button, findings.dataset.copy, command), SHOWN);
  };
  const equip = () => {
    for (const command of findings.querySelectorAll(".remedy code:not(.equipped)")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "plain copy";
      say(button, findings.dataset.copy, command);
      button.addEventListener("click", () => copy(button, command));
      command.classList.add("equipped");
      command.after(" ", button);
    }
  };
  if (!navigator.clipboard) return; // a page of another machine without TLS has none
  equip();
  new MutationObserver(equip).observe(findings, { childList: true });
})();
