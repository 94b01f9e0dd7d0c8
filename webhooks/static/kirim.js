// Sends forms without leaving the page before there is an answer: a lost connection loses nothing
// that was typed, and what is sent again has the same key. Without this file the browser sends them.
'use strict';

(() => {
  // One at a time: pressed again, the first is given up, and the server knows the key of the second.
  let underWay = null;
  // Milliseconds without an answer before the page says that it waits.
  const PATIENCE = 400;

  function say(form, text) {
    const place = form.querySelector('[data-putus]');
    place.textContent = text;
    place.hidden = false;
    place.scrollIntoView({ block: 'nearest' });
  }

  // The browser shows no sign of its own, as it would of a form that leaves the page.
  function sign(form) {
    const place = form.querySelector('[data-kirim]');
    const timer = setTimeout(() => {
      place.textContent = place.dataset.kirim;
      place.scrollIntoView({ block: 'nearest' });
    }, PATIENCE);
    return () => {
      clearTimeout(timer);
      place.textContent = '';
    };
  }

  function bodyOf(form, button) {
    const body = new FormData(form);
    if (button && button.name) body.append(button.name, button.value);
    return form.enctype === 'multipart/form-data' ? body : new URLSearchParams(body);
  }

  // An answer that is no page of the work, such as that of a proxy without a server behind it.
  function refusalIn(html) {
    const main = new DOMParser().parseFromString(html, 'text/html').querySelector('main');
    const parts = main ? [...main.querySelectorAll('h1, p')].slice(0, 2) : [];
    return parts.map((part) => part.textContent.trim()).join('. ');
  }

  function show(html) {
    document.open();
    document.write(html);
    document.close();
    // The browser heeds it only in a page that it has loaded itself.
    document.querySelector('[autofocus]')?.focus();
  }

  async function send(form, button, signal) {
    const lost = form.querySelector('[data-putus]').dataset.putus;
    let answer;
    let html;
    try {
      answer = await fetch(button?.hasAttribute('formaction') ? button.formAction : form.action, {
        method: 'POST', body: bodyOf(form, button), credentials: 'same-origin', signal,
      });
      html = await answer.text();
    } catch (error) {
      if (!signal.aborted) say(form, lost);
      return;
    }
    if (answer.redirected) {
      // Where only the place in the page differs, to assign would load nothing.
      if (answer.url === location.href.split('#')[0]) location.reload();
      else location.assign(answer.url);
    } else if (answer.status >= 500 || [413, 429].includes(answer.status)) {
      say(form, refusalIn(html) || lost);
    } else {
      show(html);
    }
  }

  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (event.defaultPrevented || !form.querySelector('[data-putus]')) return;
    event.preventDefault();
    if (underWay) underWay.abort();
    const sending = new AbortController();
    underWay = sending;
    form.setAttribute('aria-busy', 'true');
    form.querySelector('[data-putus]').hidden = true;
    const unsign = sign(form);
    send(form, event.submitter, sending.signal).finally(() => {
      unsign();
      if (underWay !== sending) return;
      underWay = null;
      form.removeAttribute('aria-busy');
    });
  });
})();
