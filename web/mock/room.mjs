// The states of a terminal in its room, for look.mjs to take pictures of: its devices, the large screen without tools,
// what a listener and an interpreter choose, and microphones with each fault.

/** Before any call: devices and their spares; the large screen, and its tools for staff. */
export async function prepared({ terminal, shot, l }) {
  await terminal.mouse.move(200, 200);
  await terminal.getByTestId('devices-open').click();
  await terminal.getByTestId('devices').waitFor();
  const name = terminal.getByTestId('devices-name');
  if (await name.isVisible().catch(() => false)) await name.click();
  await shot(terminal, `${l}-terminal-devices`);
  await terminal.getByTestId('devices-close').click();
  const plain = terminal.url();
  await terminal.goto(`${plain}?kiosk`);
  await terminal.getByTestId('waiting').waitFor();
  await shot(terminal, `${l}-terminal-kiosk`);
  await terminal.goto(plain);
  await terminal.getByTestId('waiting').waitFor();
}

/** In session: devices that are locked, interpretation as a listener and as an interpreter sees it, what fails. */
export async function spoken({ world, call, own, far, terminal, aide, shot, l }) {
  await terminal.mouse.move(310, 300);
  await terminal.getByTestId('devices-open').click();
  await terminal.locator('[data-testid=devices][data-locked=true]').waitFor();
  await shot(terminal, `${l}-terminal-devices-locked`);
  await terminal.getByTestId('devices-close').click();

  const before = { terms: call.terms, roster: call.roster };
  const [mine, theirs] = own === call.terms.zones[0].side ? ['en', 'ru'] : ['ru', 'en'];
  const directions = { [own]: { from: mine, to: theirs }, [far]: { from: theirs, to: mine } };
  const interpreting = (interpretation) => {
    const roster = before.roster.map((p) => (p.role === 'interpreter' ? { ...p, interprets: directions[p.side] } : p));
    if (!roster.some((p) => p.role === 'interpreter' && p.side === own)) roster.push({ id: 9, side: own, role: 'interpreter', title: before.roster[3].title, place: before.roster[0].place, interprets: directions[own] });
    call.terms = { ...before.terms, interpretation, roster };
    call.roster = roster;
    world.tell();
  };
  interpreting('simultaneous');
  await terminal.getByTestId('listen').waitFor();
  await terminal.mouse.move(330, 300);
  await shot(terminal, `${l}-terminal-listen`);
  if (aide) {
    await aide.mouse.move(330, 300);
    await shot(aide, `${l}-terminal-listen-aide`, ['wide', 'phone']);
  }
  interpreting('consecutive');
  await terminal.mouse.move(340, 300);
  await shot(terminal, `${l}-terminal-in-turn`, ['wide', 'phone']);
  Object.assign(call, before);
  world.tell();
}
