// Putar Ulang without reloading: slider, arrow keys, playing. Without this file every step is a link.
'use strict';

(() => {
  const player = document.getElementById('pemutar');
  const byId = (id) => document.getElementById(id);
  const total = Number(player.dataset.jumlah);
  const batch = Number(player.dataset.banyak);
  const slider = byId('geser');
  const canvas = byId('kanvas');
  const details = byId('rincian');
  const field = byId('langkah');
  const speed = byId('laju');
  const playButton = byId('putar');
  const failure = byId('gagal');
  const isStill = window.matchMedia('(prefers-reduced-motion: reduce)');
  const voice = byId('suara');
  const pages = new Map();
  let painted = {};
  let here = Number(player.dataset.langkah);
  let wanted = here;
  let timer = null;

  // ------------------------------------------------------------------ fetching

  const address = (step) => `${player.dataset.alamat}?langkah=${step}`;

  function page(step) {
    const first = step - ((step - 1) % batch);
    if (!pages.has(first)) {
      const fetched = fetch(`${player.dataset.bingkai}?dari=${first}`, { credentials: 'same-origin' })
        .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(answer.status))));
      fetched.catch(() => pages.delete(first));
      pages.set(first, fetched);
    }
    return pages.get(first);
  }

  async function frame(step) {
    const frames = await page(step);
    const place = (step - 1) % batch;
    const parts = Object.assign({}, ...frames.slice(0, place + 1).map((each) => each.bagian));
    return { ...frames[place], parts };
  }

  // ------------------------------------------------------------------- showing

  function paint(parts) {
    for (const group of canvas.querySelectorAll('[data-bagian]')) {
      const name = group.dataset.bagian;
      if (painted[name] !== parts[name]) group.innerHTML = parts[name] ?? '';
    }
    painted = parts;
    canvas.querySelector('desc').textContent = parts.uraian;
  }

  // A link that leads nowhere keeps the focus: who holds a key down is not thrown out of the list.
  function point(id, step, isThere) {
    const link = byId(id);
    link.href = address(step);
    if (isThere) link.removeAttribute('aria-disabled');
    else link.setAttribute('aria-disabled', 'true');
  }

  // What the step was about, or where the instance stands, is brought into the window of the picture.
  function look() {
    const place = canvas.querySelector('[data-pusat]') ?? canvas.querySelector('.di-sini, .gangguan');
    if (!place) return;
    const box = place.getBoundingClientRect();
    const frame = canvas.getBoundingClientRect();
    canvas.scrollBy({
      left: box.left + box.width / 2 - frame.left - frame.width / 2,
      top: box.top + box.height / 2 - frame.top - frame.height / 2,
      behavior: isStill.matches ? 'instant' : 'smooth',
    });
  }

  function pointAll() {
    point('ke-first', 1, here > 1);
    point('ke-previous', Math.max(here - 1, 1), here > 1);
    point('ke-next', Math.min(here + 1, total), here < total);
    point('ke-last', total, here < total);
  }

  function mark() {
    for (const row of document.querySelectorAll('.steps [aria-current]')) row.removeAttribute('aria-current');
    const row = byId(`baris-${here}`);
    if (row) row.setAttribute('aria-current', 'step');
    return Boolean(row);
  }

  async function turnTable() {
    const answer = await fetch(address(here), { credentials: 'same-origin' });
    if (!answer.ok) return;
    const other = new DOMParser().parseFromString(await answer.text(), 'text/html');
    byId('tabel').replaceChildren(...other.getElementById('tabel').childNodes);
    mark();
  }

  async function show(step, { isOnward = false } = {}) {
    wanted = Math.min(Math.max(step, 1), total);
    slider.value = wanted;
    let found;
    try {
      found = await frame(wanted);
    } catch {
      pause();
      failure.textContent = player.dataset.gagal;
      failure.hidden = false;
      return;
    }
    if (found.langkah !== wanted) return;
    failure.hidden = true;
    // Another version of the SOP has another picture: its page is loaded as a link would.
    if (found.versi !== player.dataset.versi) {
      window.location.assign(address(wanted));
      return;
    }
    here = wanted;
    if (isOnward && !isStill.matches) await walk(found.alur);
    if (found.langkah !== wanted) return;
    paint(found.parts);
    const isOpen = details.querySelector('details')?.open;
    details.innerHTML = found.rincian;
    if (isOpen) details.querySelector('details').open = true;
    voice.textContent = found.kata;
    slider.setAttribute('aria-valuetext', found.kata);
    field.value = here;
    look();
    pointAll();
    for (const former of ['keadaan-pada', 'tempat']) byId(former)?.remove();
    history.replaceState(null, '', address(here));
    if (!mark()) turnTable();
    if (here < total) page(here + 1);
  }

  // A token goes along the flows of a step, one after the other.
  async function walk(flows) {
    for (const flow of flows) {
      const line = canvas.querySelector(`[data-bagian="${CSS.escape(`garis-${flow}`)}"] path`);
      if (line) await glide(line, Math.min(500, Number(speed.value) / (2 * flows.length)));
    }
  }

  function glide(line, lasting) {
    const token = document.createElementNS('http://www.w3.org/2000/svg', 'circle');
    const length = line.getTotalLength();
    token.setAttribute('r', '8');
    token.setAttribute('class', 'token');
    canvas.querySelector('svg').append(token);
    return new Promise((done) => {
      let begun = null;
      const draw = (now) => {
        begun ??= now;
        const share = Math.min((now - begun) / lasting, 1);
        const at = line.getPointAtLength(length * share);
        token.setAttribute('cx', at.x);
        token.setAttribute('cy', at.y);
        if (share < 1) requestAnimationFrame(draw);
        else { token.remove(); done(); }
      };
      requestAnimationFrame(draw);
    });
  }

  // ------------------------------------------------------------------- playing

  function pause() {
    clearTimeout(timer);
    timer = null;
    playButton.textContent = player.dataset.putar;
    playButton.setAttribute('aria-pressed', 'false');
  }

  function play() {
    playButton.textContent = player.dataset.jeda;
    playButton.setAttribute('aria-pressed', 'true');
    const next = async () => {
      await show(here + 1, { isOnward: true });
      if (timer === null) return;
      if (here >= total) pause();
      else timer = setTimeout(next, Number(speed.value));
    };
    timer = setTimeout(next, here >= total ? 0 : Number(speed.value) / 2);
    if (here >= total) here = 0;
  }

  const step = (to, options) => { pause(); return show(to, options); };

  // --------------------------------------------------------------------- hands

  const KEYS = {
    ArrowRight: () => step(here + 1, { isOnward: true }),
    ArrowLeft: () => step(here - 1),
    Home: () => step(1),
    End: () => step(total),
  };

  player.addEventListener('keydown', (event) => {
    const isTyping = event.target.matches('input:not([type=range]), select');
    if (isTyping || !KEYS[event.key] || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  slider.addEventListener('input', () => step(Number(slider.value)));
  playButton.addEventListener('click', () => (timer === null ? play() : pause()));
  byId('ke-first').addEventListener('click', (event) => { event.preventDefault(); step(1); });
  byId('ke-previous').addEventListener('click', (event) => { event.preventDefault(); step(here - 1); });
  byId('ke-next').addEventListener('click', (event) => { event.preventDefault(); step(here + 1, { isOnward: true }); });
  byId('ke-last').addEventListener('click', (event) => { event.preventDefault(); step(total); });
  byId('tabel').addEventListener('click', (event) => {
    const link = event.target.closest('a[data-langkah]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    step(Number(link.dataset.langkah));
    player.scrollIntoView();
  });

  pointAll();
  look();
  slider.setAttribute('aria-valuetext', voice.textContent);
  byId('pengendali').hidden = false;
})();
