# صفحات المناوب عن المقاطع: أفلام تصوير المكالمة ونشرها.

clips = المقاطع
clips-of-call = مقاطع هذه المكالمة
clips-of = المقاطع: المكالمة مع { $side }
clips-what = أفلام من التصوير موقّعة من جانبكم. يبقى كل منها في مقركم إلى أن يُنشر.
clips-rule-both = بحسب الشروط يُنشر المقطع حين يوافق الجانبان، وبعد ذلك يسحبه أي جانب وحده فورا.
clips-rule-alone = بحسب الشروط ينشر الجانب مقطعا دون سؤال الآخر، ويسحب ما نشره هو وحده.
clips-releasers = من ينشر المقاطع: { $sides }.
clips-embargo = لا يُنشر شيء قبل
clips-missing = لم يُفتح التصوير في هذه المكالمة قط، فلا مقاطع منه.
clips-none = لا مقاطع هنا. تُصنع من تلقاء نفسها بعد إغلاق التصوير.
clips-none-yet = لا مقاطع بعد. يظهر كل مقطع هنا حين يُصنع ويُفحص.
clips-programs = لا تستطيع عقدتكم صنع المقاطع: البرنامج ffmpeg غير موجود على جهازها، أو ينقصه H.264 أو AAC. ما سُجّل محفوظ. اطلبوا من المسؤول تثبيته ثم أعيدوا صنع المقاطع.
clips-programs-debian = على نظام Debian يكتب المسؤول
clips-work = قيد الصنع
clips-again = إعادة صنع ما لم ينجح

clip = مقطع
clip-pool = المقطع المشترك للجانبين
clip-side = صورة جانب { $side }
clip-shorter = { $what }، نسخة أقصر
clip-footage = التصوير { $n }
clip-far = مقطع موجود لدى { $side }
clip-of-file = من الملف
clip-stage-waiting = ينتظر دوره
clip-stage-cutting = يجري تركيبه
clip-stage-checking = يُفحص من أول صورة إلى آخر صورة
clip-stage-poster = تُلتقط له صورة ثابتة
clip-stage-signing = يجري توقيعه
clip-percent = { $n }٪
clip-failed = لم يُصنع.

clip-is-kept = في مقركم.
clip-says-kept = لم يُنشر منه شيء.
clip-is-ours = وافق جانبكم.
clip-says-ours = لم توافق { $side } بعد، فهو غير منشور.
clip-is-theirs = تطلب { $side } نشره.
clip-says-theirs = يُنشر حين يوافق جانبكم أيضا.
clip-is-released = منشور.
clip-says-released = يجوز عرضه.
clip-is-recalled = مسحوب.
clip-says-recalled = لم يعد منشورا.
clip-is-replaced = مستبدل.
clip-says-replaced = حلّ مقطع آخر محلّه.
clip-is-cut-off = لا يجوز نشره.
clip-says-cut-off = أُغلق التصوير قبل نهاية هذا المقطع.
clip-instead = يحلّ محلّ
clip-url = مشاهدته على الصفحة العامة
clip-no-url = لا تعرضه صفحتكم العامة بعد.

clip-length = المدة
clip-sounds = صوت
clip-sounds-none = لا أحد
clip-from = البداية
clip-signed = التوقيع
clip-stamp = ختم الوقت
clip-stamp-none = لا يوجد
clip-file = الملف
clip-hash = بصمة الملف SHA‑256
clip-compare = ليس هذا الملف عند عقدتكم: لا تعرف منه إلا بصمته SHA‑256. اطلبوا الملف من { $side }، وقارنوا الخانات الأربع والستين كلها قبل الموافقة:
clip-compare-how = يحسب الخانات على أي حاسوب من لديه الملف، وعلى Linux بالأمر

clip-film-show = عرض الفيلم
clip-film-close = إغلاق الفيلم
clip-film-coming = يُجلب الفيلم من عقدتكم.

clip-release-alone = نشر
clip-release-alone-sure = اضغطوا مرة أخرى للنشر
clip-release-first = الموافقة على نشره
clip-release-first-sure = اضغطوا مرة أخرى للموافقة
clip-release-second = الموافقة ونشره
clip-release-second-sure = اضغطوا مرة أخرى للنشر
clip-means-alone = كلمة جانبكم تكفي: يُنشر فورا، وترى { $side } ذلك في السجل. يستطيع جانبكم سحبه في أي وقت، وما نسخه غيركم حتى ذلك الحين يبقى لديهم.
clip-means-first = لا يُنشر بهذا وحده: يجب أن توافق { $side } أيضا. يستطيع كل جانب سحب موافقته في أي وقت.
clip-means-second = وافقت { $side } من قبل: بكلمة جانبكم يُنشر فورا. يستطيع أي جانب سحبه في أي وقت، وما نسخه غيركم حتى ذلك الحين يبقى لديهم.
clip-recall = سحبه
clip-recall-sure = اضغطوا مرة أخرى لسحبه
clip-back-first = إذا سُحب لم تبق موافقة جانبكم قائمة، ولا تستطيع { $side } وحدها نشره.
clip-back-both = إذا سحبه جانبكم فلن يبقى منشورا مهما قالت { $side }، وتكفّ الصفحتان العامتان للجانبين عن عرضه.
clip-back-own = إذا سُحب زال فورا من الصفحة العامة لجانبكم. وما نشرته { $side } نفسها يبقى.
clip-operators = ينشر المقاطع ويسحبها مشغّل من جانبكم.
clip-correct = نشره بدل مقطع آخر
clip-correct-which = محلّ أي مقطع يحلّ؟
clip-correct-means-alone = يُنشر هذا فورا ولا يبقى الآخر منشورا، لكنه يبقى في السجل.
clip-correct-means-first = حين توافق { $side } أيضا يُنشر هذا ولا يبقى الآخر منشورا، لكنه يبقى في السجل.
clip-correct-do = نشره بدلا منه
clip-correct-sure = اضغطوا مرة أخرى لنشره بدلا منه

clip-shorten = تقصيره
clip-trim-what = اختاروا ما يبقى. يصير مقطعا قائما بنفسه بتوقيع جديد، ويبقى هذا كما هو.
clip-trim-from = من، بالثواني
clip-trim-to = إلى، بالثواني
clip-trim-take-from = البدء من موضع الفيلم الآن
clip-trim-take-to = الانتهاء عند موضع الفيلم الآن
clip-trim-bounds = { $least ->
    [zero] بين 0 و{ $last }، بدقة عُشر الثانية.
    [one] بين 0 و{ $last }، بدقة عُشر الثانية، وثانية واحدة على الأقل.
    [two] بين 0 و{ $last }، بدقة عُشر الثانية، وثانيتان على الأقل.
    [few] بين 0 و{ $last }، بدقة عُشر الثانية، و{ $least } ثوانٍ على الأقل.
    [many] بين 0 و{ $last }، بدقة عُشر الثانية، و{ $least } ثانية على الأقل.
   *[other] بين 0 و{ $last }، بدقة عُشر الثانية، و{ $least } ثانية على الأقل.
}
clip-trim-says = يبقى { $kept } من { $all }.
clip-trim-fault-number = اكتبوا القيمتين رقمين.
clip-trim-fault-outside = يجب أن تكون القيمتان داخل الفيلم.
clip-trim-fault-least = يجب أن تكون النهاية بعد البداية بثانية على الأقل.
clip-trim-fault-whole = هذا الفيلم كله. حرّكوا البداية أو النهاية.
clip-trim-play = التشغيل من هنا
clip-trim-make = صنع المقطع الأقصر

clip-acts = ما جرى له
clip-act-made = صُنع: { $who }، { $when }
clip-act-shortened = قُصّر: { $who }، { $when }
clip-act-released = الموافقة على نشره: { $who }، { $when }
clip-act-recalled = سُحب: { $who }، { $when }
