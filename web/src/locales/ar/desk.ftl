# مكتب التشغيل. الأسماء المضمَّنة مدن أو عواصم في أغلب الجمل، ولذلك تأتي أفعالها مؤنثة.

desk-title = مكتب التشغيل – { $side }
clocks = التوقيت في العاصمتين
light-night = وضع الليل
light-day = وضع النهار
node-away-desk = عقدتكم لا تجيب. ما ترونه هو آخر ما أبلغت به، والمحاولة مستمرة.
node-going = يجري إعادة تشغيل عقدتكم. ستتابع الصفحة عملها من تلقاء نفسها.
back = جميع المكالمات

lines = الخطوط
no-lines = لا يوجد خط بعد. يربط المسؤول الفني العقدتين بالأمر «visavis line invite».
line-since = منذ { $time }
line-rtt = ذهابا وإيابا
line-loss = الفاقد
line-skew = الساعات
line-skew-ahead = ساعتهم متقدمة على ساعتنا بمقدار { $span }: تحققوا من ساعتي العقدتين
line-skew-behind = ساعتهم متأخرة عن ساعتنا بمقدار { $span }: تحققوا من ساعتي العقدتين
pages-changed = تغيرت الصفحات التي تعرضها { $side } على العاملين لديها. اسألوا هل جرى تحديث عقدتها.
pages-known = جرى تحديثها
own-pages = عقدتكم هي التي تعرض صفحات جانبكم. بصمتها:
line-down-hint = تنتظر الطلبات هنا وتُسلَّم حين يتيسر الوصول إلى { $side }.
line-unconfirmed-hint = يتلو كل من المشغّلَين الكلمات على الآخر ويؤكدانها، وبعد ذلك يمكن طلب المكالمات.

calls = المكالمات
calls-live = الآن
calls-coming = القادمة
calls-past = السابقة
no-coming = لا شيء مقرر.
no-past = لم تجرِ أي مكالمة بعد.
this-month = { $n ->
    [zero] لم تُعقد أي مكالمة هذا الشهر
    [one] عُقدت مكالمة واحدة هذا الشهر
    [two] عُقدت مكالمتان هذا الشهر
    [few] عُقدت { $n } مكالمات هذا الشهر
    [many] عُقدت { $n } مكالمة هذا الشهر
   *[other] عُقدت { $n } مكالمة هذا الشهر
}
waits-for-you = بانتظاركم

ask = طلب مكالمة
home-quiet = لا شيء بانتظاركم
home-quiet-hint = حين يطلب الجانب الآخر مكالمة، يرنّ هذا المكتب.
home-down-hint = الخط مقطوع. يمكنكم طلب مكالمة، ويُسلَّم الطلب عند عودة الخط.
home-live = مكالمة مع { $side }
home-waiting = { $n ->
    [zero] لا طلبات بانتظاركم
    [one] طلب واحد بانتظاركم
    [two] طلبان بانتظاركم
    [few] { $n } طلبات بانتظاركم
    [many] { $n } طلبا بانتظاركم
   *[other] { $n } طلب بانتظاركم
}
home-waiting-with = تطلب { $side } إجراء مكالمة.
home-next = المكالمة التالية: { $side }
home-open = فتح المكالمة
home-answer = الاطلاع والرد

ring = تطلب { $side } إجراء مكالمة
ring-title = تطلب { $side } إجراء مكالمة
ring-muted = المتصفح يحجب صوت الجرس. اضغطوا في أي موضع من الصفحة لسماعه.
ring-silence = إسكات الجرس
ring-open = الاطلاع والرد

call-with = مكالمة مع { $side }
call-missing = لا تعرف عقدتكم هذه المكالمة.
call-lasted = دامت { $time }
call-running = جارية منذ { $time }

next-asked = تطلب { $side } إجراء هذه المكالمة. اطلعوا على الشروط ثم أجيبوا.
next-countered = تقترح { $side } شروطا أخرى. اطلعوا على ما يتغير ثم أجيبوا.
next-wait-answer = أُرسل الطلب إلى { $side }. سيجيب مكتب التشغيل لديها.
next-none = لا شروط مطروحة في هذه المكالمة. يمكنكم اقتراح شروط جديدة.
next-gather = تم الاتفاق. حين يحين الموعد، اجمعوا وفدكم عند محطاته.
next-wait-gather = جانبكم مجتمع. بانتظار أن تجمع { $side } وفدها كذلك.
next-far-gathered = تجمع { $side } وفدها. اجمعوا وفدكم كذلك.
next-begin = الجانبان في الانتظار. حين يكون الجميع في أماكنهم أعلنوا البدء، وتبدأ المكالمة حين يعلنه الجانبان.
next-wait-begin = أعلن جانبكم البدء. بانتظار { $side }.
next-far-begin = أعلنت { $side } البدء. تبدأ المكالمة حين تعلنونه أنتم أيضا.
next-session = المسؤولان الأولان يتحدثان.
next-ended = انتهت المكالمة. يضم السجل الإفادات الموقّعة من الجانبين.
next-release = تطلب { $side } نشر مقطع من التصوير. يُنشر حين يوافق جانبكم أيضا.
next-declined = رُفض الطلب.
next-withdrawn = سُحب الطلب.
next-lapsed = انقضى موعد هذا الطلب.

next-crossed = يسري اتفاقان على الشروط في آن واحد. اسحبوا أحدهما ثم تابعوا.
agreed-terms = متفق عليها بعرض من { $side }
seat-closed = مخصص، والمحطة غير مفتوحة

agree = الموافقة
counter = اقتراح شروط أخرى
decline = الرفض
decline-sure = اضغطوا مرة أخرى للرفض
withdraw = السحب
withdraw-sure = اضغطوا مرة أخرى للسحب
withdraw-agreed = سحب موافقة جانبكم
gather = جمع الوفد
begin = إعلان البدء
record = تنزيل السجل

forked = وقّعت { $side } أو وقّع جانبكم إفادتين مختلفتين في موضع واحد. الإفادتان محفوظتان في السجل. هذه المكالمة مغلقة، فاطلبوا مكالمة جديدة.
crossed = يسري اتفاقان على الشروط في آن واحد. لا يمكن بدء شيء حتى يُسحب أحدهما.
interrupted-desk = انقطع الخط مع { $side }. تستأنف المكالمة من تلقاء نفسها عند عودة الخط.

halfway = كنتم قد طلبتم من { $side } مكالمة من جانبكم أيضا. هل ما زالت مطلوبة؟
halfway-withdraw = سحب طلبي
halfway-keep = الإبقاء على الاثنين

differences = ما تقترح { $side } تغييره
differences-own = ما تقترحون تغييره
differences-none = لم يتغير شيء بعد.
difference-what = البند
difference-before = السابق
difference-after = المقترح

terms = الشروط
terms-offered = الشروط التي تعرضها { $side }
term-start = موعد البدء
term-minutes = المدة المقررة
term-medium = الشكل
term-zones = المناطق الزمنية
term-topics = الموضوعات
term-reason = السبب
term-roster = المشاركون
term-languages = اللغات
term-footage = التصوير
medium-picture = صوت وصورة
medium-sound = صوت فقط
footage-minutes = { $n ->
    [zero] دون تصوير للصحافة
    [one] حتى دقيقة واحدة للصحافة
    [two] حتى دقيقتين للصحافة
    [few] حتى { $n } دقائق للصحافة
    [many] حتى { $n } دقيقة للصحافة
   *[other] حتى { $n } دقيقة للصحافة
}
footage-none = بلا تصوير

people = الأشخاص
side-gathered = اجتمع الوفد
side-not-gathered = لم يجتمع الوفد بعد
side-begun = اجتمع الوفد وأعلن البدء
person-no-seat = لا مقعد له بعد
seat = المقعد
seat-none = اختيار مقعد
strike = شطب
strike-sure = اضغطوا مرة أخرى للشطب
admit-open = إضافة شخص إلى قائمة المشاركين
admit = إضافة
admit-hint = يُضاف الاسم حين يضيفه الجانبان بالكلمات نفسها.
person-side = الجانب
person-role = الدور
person-title = الصفة
person-place = المكان

timeline = الإفادات
timeline-clock = الأوقات بتوقيت { $place }، وفق ساعة الجانب الموقِّع.
seen = أكدتها { $side }
not-seen = لم تؤكدها { $side } بعد
key-short = المفتاح { "\u2066" }{ $key }…{ "\u2069" }
statement-key = موقّعة بالمفتاح
statement-hash = الإفادة
statement-number = الرقم

said-offer = طلبت { $side } المكالمة
said-counter = اقترحت { $side } شروطا أخرى
said-agree = وافقت { $side }
said-decline = رفضت { $side }
said-withdraw = سحبت { $side } طلبها أو موافقتها
said-lapse = تركت { $side } الموعد ينقضي
said-gather = جمعت { $side } وفدها
said-preflight = فحصت { $side } مقاعدها
said-vouch = خصصت { $side } مقعدا إلى: { $person }
said-vouch-nobody = أخلت { $side } مقعدا
said-admit = أضافت { $side } إلى قائمة المشاركين: { $person }
said-strike = شطبت { $side } من قائمة المشاركين: { $person }
said-begin = أعلنت { $side } البدء
said-open = فتحت { $side } التصوير
said-close = أغلقت { $side } التصوير
said-lost = انقطع الخط لدى { $side }
said-back = عاد الخط لدى { $side }
said-end = أنهت { $side } المكالمة
said-rekey = غيّرت { $side } مفتاحها
said-release = وافقت { $side } على نشر مقطع
said-correction = وافقت { $side } على مقطع بدل مقطع آخر
said-recall = سحبت { $side } مقطعا
said-other = { $side }: { $kind }

ask-title = طلب مكالمة مع { $side }
ask-line = مع
ask-send = إرسال الطلب إلى { $side }
counter-title = اقتراح شروط أخرى على { $side }
counter-send = إرسال الاقتراح إلى { $side }
counter-stale = غيّرت { $side } الشروط في أثناء كتابتكم. ما ترونه هنا ردّ على الشروط السابقة.
counter-restart = البدء من الشروط الجديدة

form-when = الموعد
form-date = التاريخ
form-time = الوقت
form-zone = بتوقيت
form-minutes = الدقائق المقررة
form-topic = الموضوع { $n }
form-topic-hint = ما سيدور الحديث حوله
form-topic-add = إضافة موضوع
form-topic-remove = حذف الموضوع { $n }
form-reason-hint = سبب طلب المكالمة، في جملة أو جملتين
form-roster = المشاركون: { $side }
form-person-add = إضافة شخص
form-person-remove = حذف { $title }

fault-start = أدخلوا التاريخ والوقت.
fault-past = هذا الموعد قد مضى. اختاروا موعدا لاحقا، أو أرسلوه إن كان مقصودا.
fault-minutes = أدخلوا مدة بين دقيقة واحدة و1440 دقيقة.
fault-topics = اذكروا موضوعا واحدا على الأقل، كلٌّ منها في سطر قصير.
fault-reason = اذكروا في جملة أو جملتين سبب طلب المكالمة.
fault-principals = يلزم أن تضم قائمة المشاركين مسؤولا أول لكل جانب.
fault-title = يلزم ذكر صفة مختصرة لكل من في القائمة.
fault-place = يلزم ذكر مكان كل من في القائمة.
fault-roster = لا تتسع قائمة المشاركين لأكثر من 64 شخصا.
fault-languages = اختاروا 16 لغة على الأكثر.
