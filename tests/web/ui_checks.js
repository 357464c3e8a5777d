// What can be checked of a page without a person: names, sizes, contrast, leftovers. Returns complaints.
() => {
  const found = [];
  const complain = (what, element) => found.push(`${what}: ${(element.outerHTML ?? '').slice(0, 140)}`);
  const isShown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });

  const nameOf = (element) => {
    const labelled = element.getAttribute('aria-labelledby');
    const by = labelled === null ? '' : (document.getElementById(labelled)?.textContent ?? '');
    const labels = [...(element.labels ?? [])].map((label) => label.textContent).join(' ');
    return (element.getAttribute('aria-label') ?? by) || labels || element.textContent || '';
  };
  for (const element of document.querySelectorAll('button, a[href], input, select, textarea, [role=slider]')) {
    if (isShown(element) && nameOf(element).trim() === '') complain('no name', element);
  }
  for (const element of document.querySelectorAll('img:not([alt]), svg:not([aria-hidden]):not([aria-label])')) complain('no text', element);
  const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
  for (const id of ids.filter((id, index) => ids.indexOf(id) !== index)) found.push(`id twice: ${id}`);
  if (document.querySelectorAll('h1').length > 1) found.push('two first headings');
  if (document.documentElement.scrollWidth > innerWidth) found.push(`scrolls sideways: ${document.documentElement.scrollWidth}`);
  if (/\{\w+\}|undefined|\bNaN\b|\[object/.test(document.body.innerText)) found.push(`leftover in: ${document.body.innerText.slice(0, 300)}`);
  const keys = document.body.innerText.match(/\b(?:state|picture|error|gap|timeline|settings|status|ledger|nav|action|add|setup)\.[a-z_.]+[a-z]\b/g);
  if (keys !== null) found.push(`keys instead of words: ${keys}`);

  const colour = (text) => {
    const [r, g, b, a = 1] = (text.match(/[\d.]+/g) ?? []).map(Number);
    return [r, g, b, a];
  };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3]));
  const luminance = ([r, g, b]) => {
    const [lr, lg, lb] = [r, g, b].map((c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * lr + 0.7152 * lg + 0.0722 * lb;
  };
  // The colour behind an element, or null where a picture or gradient lies behind it.
  const behind = (element) => {
    const layers = [];
    for (let at = element; at !== null; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== 'none') return null;
      const layer = colour(style.backgroundColor);
      layers.push(layer);
      if (layer[3] === 1) break;
    }
    return layers.reduceRight((under, layer) => over(layer, under), [255, 255, 255]);
  };
  for (const element of document.body.querySelectorAll('*')) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '');
    if (!hasText || !isShown(element) || element.closest('.unseen, :disabled, option, .skip') !== null) continue;
    const ground = behind(element);
    if (ground === null) continue;
    const style = getComputedStyle(element);
    const ink = over(colour(style.color), ground);
    const [light, dark] = [luminance(ink), luminance(ground)].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    const isLarge = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 600);
    if (ratio < (isLarge ? 3 : 4.5)) complain(`contrast ${ratio.toFixed(2)}`, element);
  }
  return found;
};
