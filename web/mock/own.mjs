// The states of a check before Begin, and of what stays on one's own side, for look.mjs to take pictures of.

/** From gathered to begun: closed, open, one seat failed, begun anyway by half, all proven. */
export async function check({ world, desk, call, own, far, node, shot, l }) {
  const at = (testid, more = '') => desk.locator(`[data-testid=${testid}]${more}`);
  call.present = [1, 2, 3, 4];
  world.tell();
  await shot(desk, `${l}-own-check-closed`, ['wide', 'phone'], true);
  await desk.getByTestId('check-on').click();
  await at('preflight', '[data-own=true]').waitFor();
  world.verb(call, far, 'check', { on: true });
  await at('preflight', '[data-far=true]').waitFor();
  await shot(desk, `${l}-own-check-open`, undefined, true);
  const ids = await at('check-seat').evaluateAll((all) => all.map((b) => b.dataset.seat));
  world.finds = { principal: { heard: false, fault: 'silent_microphone', round_trip_ms: 129 } };
  node.seats.get('principal').shown = { captured: 'bad', sent: 'not_yet', heard: 'not_yet', fault: 'dead', camera: 'backlit', connected: false };
  for (const id of ids) {
    await at('check-seat', `[data-seat=${id}]`).click();
    await at('check-result', `[data-seat=${id}]`).waitFor();
  }
  world.finds = { interpreter: { seen: false, fault: 'no_camera' } };
  for (const seat of call.seats.filter((s) => s.side === far)) world.verb(call, far, 'check-seat', { seat: seat.seatId });
  await desk.waitForTimeout(900);
  world.verb(call, far, 'preflight', {});
  await desk.getByTestId('sign-check').click();
  await at('signed', '[data-signed=true][data-good=false]').first().waitFor();
  await shot(desk, `${l}-own-check-failed`, undefined, true);
  await desk.getByTestId('light').click();
  await shot(desk, `${l}-own-check-failed-night`, ['wide'], true);
  await desk.getByTestId('light').click();
  await desk.getByTestId('begin-anyway').click();
  await shot(desk, `${l}-own-check-anyway`, ['mid']);
  world.finds = {};
  delete node.seats.get('principal').shown;
  world.tell();
  for (const seat of call.seats.filter((s) => s.side === far)) world.verb(call, far, 'check-seat', { seat: seat.seatId });
  await at('check-seat', '[data-seat=principal]').click();
  await at('check-result', '[data-seat=principal][data-good=true]').waitFor();
  await desk.waitForTimeout(300);
  world.verb(call, far, 'preflight', {});
  await desk.getByTestId('sign-check').click();
  await desk.getByTestId('begin').waitFor();
  await shot(desk, `${l}-own-check-good`, undefined, true);
  world.verb(call, far, 'begin', {});
  await desk.getByTestId('begin').click();
}

/** In session: a note, a topic, the chat, and the alarm of somebody who speaks while off. `words` are its texts. */
export async function aside({ desk, terminal, aide, node, world, shot, l, words }) {
  // On while the note is read: a microphone that is off has the screen for itself while somebody speaks.
  await terminal.keyboard.press('Space');
  await desk.getByTestId('note-text').fill(words.note);
  await desk.getByTestId('note-send').click();
  await terminal.getByTestId('note').waitFor();
  await shot(terminal, `${l}-own-note`);
  await terminal.keyboard.press('Escape');
  await terminal.getByTestId('note').waitFor({ state: 'detached' });
  await terminal.keyboard.press('Space');
  await desk.getByTestId('topic-set').first().click();
  await desk.getByTestId('topic-since').waitFor();
  await terminal.mouse.move(300, 300);
  await terminal.getByTestId('topic').waitFor();
  await shot(terminal, `${l}-own-topic`, ['wide', 'phone']);
  await desk.getByTestId('chat-text').fill(words.said);
  await desk.getByTestId('chat-send').click();
  await aide.locator('[data-testid=chat][data-unread="1"]').waitFor();
  await shot(aide, `${l}-own-chat-unread`, ['wide', 'phone']);
  await aide.keyboard.press('F2');
  await aide.getByTestId('chat-text').fill(words.answered);
  await aide.keyboard.press('Enter');
  await aide.getByTestId('chat-line').nth(1).waitFor();
  await shot(aide, `${l}-own-chat`);
  node.seats.get('principal').shown = { sent: 'off', heard: 'off', talking_off: true };
  world.tell();
  await desk.getByTestId('talking-off').waitFor();
  await shot(desk, `${l}-own-talking-off`, undefined, true);
  delete node.seats.get('principal').shown;
  world.tell();
  await desk.getByTestId('talking-off').waitFor({ state: 'detached' });
}
