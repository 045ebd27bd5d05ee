# The desk's pages about what the side says in public: announcements, readouts, clips.

press = الصفحة العامة
public-of-call = ما يقال للجمهور عن هذه المكالمة
press-of = الصفحة العامة: المكالمة مع { $side }
press-to-call = العودة إلى المكالمة
press-where = عنوان الصفحة:
press-no-page = لا تعرض عقدتكم صفحة عامة. ما تعدّونه هنا يبقى هنا إلى أن يشغّلها المسؤول.
press-own-only = ما هنا كلمة جانبكم وحده، ولا يعبر الخط أبدا.
press-no-calls = لم يُتفق على أي مكالمة بعد.
press-waits = { $n ->
    [zero] لا بيان ينتظر شخصا ثانيا
    [one] بيان واحد ينتظر شخصا ثانيا
    [two] بيانان ينتظران شخصا ثانيا
    [few] { $n } بيانات تنتظر شخصا ثانيا
    [many] { $n } بيانا تنتظر شخصا ثانيا
   *[other] { $n } بيان تنتظر شخصا ثانيا
}
press-approved-n = { $n ->
    [zero] لا بيان معتمد
    [one] بيان واحد معتمد
    [two] بيانان معتمدان
    [few] { $n } بيانات معتمدة
    [many] { $n } بيانا معتمدا
   *[other] { $n } بيان معتمد
}
press-published-n = { $n ->
    [zero] لا بيان منشور
    [one] بيان واحد منشور
    [two] بيانان منشوران
    [few] { $n } بيانات منشورة
    [many] { $n } بيانا منشورا
   *[other] { $n } بيان منشور
}

press-call = المكالمة
press-says-nothing = لا تقول الصفحة شيئا عن هذه المكالمة.
press-says-announced = تعلن الصفحة عن هذه المكالمة.
press-says-held = تقول الصفحة إن هذه المكالمة جرت.
press-says-off = تقول الصفحة إن هذه المكالمة لن تجري.
press-may-nothing = لا يمكن قول شيء عن هذه المكالمة الآن: قبلها ما اتفق الجانبان على إعلانه فقط، وبعدها حين تنتهي.
press-say-announced = الإعلان عن المكالمة
press-say-held = القول إنها جرت
press-say-off = القول إنها لن تجري
press-say-again = تغيير ما تذكره الصفحة
press-hide = إزالتها من الصفحة
press-hide-sure = اضغطوا مرة أخرى لإزالتها
press-show = ما يقال للجمهور
press-show-planned = موعدها
press-show-times = البداية والنهاية
press-show-length = مدتها
press-show-asked = من طلبها
press-show-topics = الموضوعات
press-stale = يذكر السجل الآن شيئا آخر: ما هنا أقدم منه.

press-readouts = البيانات
press-write = كتابة بيان
press-languages = اللغات
press-in-language = النشر بهذه اللغة ({ $language })
press-title = العنوان
press-body = النص
press-body-hint = من فقرة إلى أربع فقرات، بينها سطر فارغ.
press-quote = اقتباس
press-quote-by = من قاله
press-quote-add = إضافة اقتباس
press-quote-remove = إزالة هذا الاقتباس
press-note = ما الذي يغيّره هذا التصحيح
press-no-language = اختاروا لغة واحدة على الأقل.
press-lacks = ينقص شيء بهذه اللغة: العنوان أو النص أو صاحب الاقتباس أو ما صُحح.
press-save = الحفظ للاعتماد
press-cancel = إلغاء
press-is-draft = ينتظر شخصا ثانيا
press-is-approved = معتمد وغير منشور
press-is-published = منشور
press-is-withdrawn = مسحوب
press-version = النسخة { $n }
press-by-drafted = كتبه { $name }، { $when }
press-by-approved = اعتمده { $name }، { $when }
press-by-published = نشره { $name }، { $when }
press-by-withdrawn = سحبه { $name }، { $when }
press-second = من كتبه لا يعتمده. يعتمده شخص ثان من مقعد آخر.
press-look-first = اقرؤوا المعاينة قبل الاعتماد.
press-preview = معاينة
press-preview-close = إغلاق المعاينة
press-approve = اعتماد
press-publish = نشر
press-publish-sure = اضغطوا مرة أخرى للنشر
press-edit = تعديل
press-correct = تصحيح
press-withdraw = سحب
press-withdraw-sure = اضغطوا مرة أخرى لسحبه نهائيا
press-clips = المقاطع المنشورة

refusal-press-too-long = في البيان شيء أطول مما يجوز ({ $field }؛ الحد { $max }). اختصروه.
refusal-press-text = في البيان شيء فارغ أو لا يمكن عرضه كما هو ({ $field }). اكتبوه بكلمات بسيطة.
refusal-press-foreign = لا يمكن فعل هذا هنا. أعيدوا تحميل الصفحة.
refusal-press-withdrawn = سُحب هذا البيان. اكتبوا بيانا جديدا.
refusal-press-newer = غيّر شخص آخر هذا في أثناء ذلك. اقرؤوا ما هو موجود الآن ثم أعيدوا المحاولة.
refusal-press-own-draft = من كتبه لا يعتمده. يعتمده شخص ثان من مقعد آخر.
refusal-press-approved = هذه النسخة معتمدة من قبل.
refusal-press-unapproved = هذه النسخة غير معتمدة بعد. يعتمدها شخص ثان أولا.
refusal-press-published = هذه النسخة منشورة من قبل.
refusal-press-note = يقول التصحيح بكل لغة ما الذي يغيّره، ولا تقوله النسخة الأولى.
refusal-press-not-over = لم تكن المكالمة قد انتهت حين كُتب هذا. احفظوه مرة أخرى بعد نهايتها ثم اطلبوا اعتماده.
refusal-press-terms = ما اتفق عليه الجانبان لا يسمح بإعلان هذا.
refusal-press-phase = لا يمكن قول هذا عن المكالمة في حالتها الآن.
refusal-press-nothing = ليس في الصفحة ما يُزال.
refusal-press-full = عدد هذه لمكالمة واحدة أكبر مما يجوز.
