// The states of the desk's pages about what the side says in public, for look.mjs to take pictures of.

/** What its people would write. */
const WORDS = {
  en: { title: 'Readout of the President’s Call with the Администрация Президента', body: 'The two sides spoke for fifty minutes.\n\nThey agreed that their delegations meet in Geneva on 10 January.', quote: 'It was a serious and respectful talk.', by: 'A senior official', note: 'The first version named the wrong day of the talks in Geneva.', file: 'opening-washington-moscow.mp4' },
  ru: { title: 'О видеопереговорах с Office of the President', body: 'Стороны беседовали пятьдесят минут.\n\nУсловлено, что делегации встретятся в Женеве 10 января.', quote: 'Разговор был серьёзным и уважительным.', by: 'Пресс-секретарь', note: 'В первой редакции был неверно указан день встречи в Женеве.', file: 'opening-washington-moscow.mp4' },
  ar: { title: 'بيان عن المكالمة المرئية مع Администрация Президента', body: 'تحدث الجانبان خمسين دقيقة.\n\nواتفقا على أن يلتقي الوفدان في جنيف في 10 يناير.', quote: 'كان حديثا جادا يسوده الاحترام.', by: 'مسؤول رفيع', note: 'ذكرت الصيغة الأولى يوما غير صحيح للقاء جنيف.', file: 'opening-cairo-moscow.mp4' },
};

const ALL = ['wide', 'mid', 'phone'];

/** Before the call: as much as both sides agreed to announce. */
export async function announced({ desk, shot, l }) {
  await desk.getByTestId('public-open').click();
  await desk.getByTestId('notice').waitFor();
  await shot(desk, `${l}-press-before`, ['wide', 'phone'], true);
  await desk.getByTestId('notice-put').click();
  await desk.locator('[data-testid=notice][data-notice=announced]').waitFor();
  await shot(desk, `${l}-press-announced`, ALL, true);
  await desk.getByTestId('press-to-call').click();
  await desk.getByTestId('call').waitFor();
}

/** After it: told, written, looked at and approved by a second person, published, corrected, withdrawn. */
export async function written({ desk, second, node, call, shot, l }) {
  const words = WORDS[l];
  const stands = (page, as) => page.locator(`[data-testid=readout][data-standing=${as}]`).waitFor();
  await desk.getByTestId('light').click();
  await desk.getByTestId('public-open').click();
  await desk.getByTestId('notice-stale').waitFor();
  await shot(desk, `${l}-press-ended`, ALL, true);
  await desk.getByTestId('show-topics').uncheck();
  await desk.getByTestId('notice-put').click();
  await desk.locator('[data-testid=notice][data-notice=held]').waitFor();

  await desk.getByTestId('readout-new').click();
  for (const other of ['en', 'ru', 'ar'].filter((tag) => tag !== l)) {
    await desk.getByTestId(`sheet-${other}`).click();
    await desk.getByTestId('sheet-on').uncheck();
  }
  await desk.getByTestId(`sheet-${l}`).click();
  await desk.getByTestId('readout-title').fill(words.title);
  await desk.getByTestId('readout-body').fill(words.body);
  await desk.getByTestId('quote-add').click();
  await desk.getByTestId('quote-words').fill(words.quote);
  await desk.getByTestId('readout-save').click();
  await desk.getByTestId('readout-lacks').waitFor();
  await shot(desk, `${l}-press-write`, ALL, true);
  await desk.getByTestId('quote-by').fill(words.by);
  await desk.getByTestId('readout-save').click();
  await stands(desk, 'draft');
  await shot(desk, `${l}-press-waits`, ALL, true);

  await second.evaluate((id) => (location.hash = `#/calls/${id}/public`), call.id);
  await stands(second, 'draft');
  await shot(second, `${l}-press-second`, ['wide', 'phone'], true);
  await second.getByTestId('readout-look').click();
  await second.locator('[data-testid=preview] h1').waitFor();
  await shot(second, `${l}-press-preview`, ALL, true);
  await second.getByTestId('light').click();
  await shot(second, `${l}-press-preview-night`, ['wide'], true);
  await second.getByTestId('light').click();
  await second.getByTestId('readout-approve').click();
  await stands(second, 'approved');
  await shot(second, `${l}-press-approved`, ['mid'], true);
  await second.getByTestId('readout-publish').click();
  await second.getByTestId('readout-publish').click();
  await stands(second, 'published');

  // The other desk read an older state: it is told, and goes on from what stands there.
  await desk.getByTestId('readout-edit').click();
  await second.getByTestId('readout-edit').click();
  await second.getByTestId('readout-note').fill(words.note);
  await shot(second, `${l}-press-correct`, ['wide', 'phone'], true);
  await second.getByTestId('readout-save').click();
  await stands(second, 'draft');
  await desk.getByTestId('readout-note').fill(words.note);
  await desk.getByTestId('readout-save').click();
  await desk.locator('[data-testid=trouble][data-code=press_newer]').waitFor();
  await shot(desk, `${l}-press-overtaken`, ['mid'], true);
  node.press.of(call).clips.push({ url: `https://press.example/en/clip/${'1c'.repeat(32)}`, sha256: '1c'.repeat(32), file: words.file, seconds: 151 });
  await desk.reload();
  await stands(desk, 'draft');
  await shot(desk, `${l}-press-corrected`, ALL, true);
  // A phone shows its list of calls on a page of its own.
  await desk.evaluate(() => (location.hash = '#/press'));
  await desk.getByTestId('press-waits').waitFor();
  await shot(desk, `${l}-press-home`, ALL, true);
  await second.getByTestId('readout-withdraw').click();
  await second.getByTestId('readout-withdraw').click();
  await stands(second, 'withdrawn');
  await shot(second, `${l}-press-withdrawn`, ['mid', 'phone'], true);
}
