# فحص المقاعد، ومن يُسمع صوته، وما يبقى داخل الجانب نفسه.

check-title = فحص المقاعد
check-open-none = الفحص مغلق.
check-open-own = فتح جانبكم الفحص، ولم تفتحه { $side } بعد.
check-open-far = فتحت { $side } الفحص من جانبها.
check-open-both = الفحص مفتوح: محطات الجانبين تسمع وترى بعضها بعضا.
check-on = فتح الفحص
check-off = إغلاق الفحص
check-seat = فحص
check-again = إعادة الفحص
check-running = يجري الفحص. يمكن لمن في المقعد أن يتحدث.
check-nobody = لم تخصص { $side } مقعدا لأحد بعد.
clocks-agree = متطابقتان في حدود { $n } ملي ث
far-failed = لم يثبت: { $why }.
sign-check = توقيع الفحص
sign-check-as-is = توقيع الفحص على حاله
signed-good = عند { $time } وقّعت { $side } فحصها: ثبتت المقاعد كلها.
signed-bad = عند { $time } وقّعت { $side } فحصها.

unproven = لم يثبت كل شيء.
unproven-unsigned = لم توقّع { $side } فحصها.
unproven-seat = { $side }، { $seat }: { $why }.
unproven-left = مقعد لم يعد لأحد
anyway-both = يمكن مع ذلك أن تبدأ المكالمة إذا فعل المشغّل في { $side } الشيء نفسه. ويذكر السجل ما لم يثبت.
begin-anyway = البدء مع ذلك
begin-anyway-sure = اضغطوا مرة أخرى للبدء دون إثبات

step-let-in = خصصوا مقعدا للمسؤول الأول لديكم ضمن «الأشخاص»، ثم تُفحص المقاعد.
step-open = قبل أن يجلس أحد، افحصوا المقاعد مع { $side }.
step-open-far = فتحت { $side } الفحص. افتحوه من جانبكم أيضا.
step-wait-open = فتح جانبكم الفحص. بانتظار أن تفتحه { $side }.
step-run = افحصوا المقاعد واحدا بعد آخر. التالي: { $seat }.
step-absent = { $seat }: المحطة غير مفتوحة. افتحوها ثم افحصوها.
step-mend = { $seat }: { $mend }
step-sign = ثبتت مقاعدكم كلها. وقّعوا الفحص ليحفظه السجل.
step-wait-sign = فحصكم موقّع. بانتظار أن توقّع { $side } فحصها.
step-far-mend = على { $side } أن تصلح مقعدا وأن توقّع من جديد. { $seat }: { $why }.

why-no-microphone = لا ميكروفون
why-silent-microphone = الميكروفون صامت
why-not-sent = لا يخرج صوت من المحطة
why-not-heard = لم يُسمع في الطرف الآخر
why-heard-silent = يصل صامتا
why-no-camera = لا كاميرا
why-not-seen = لم يُر في الطرف الآخر
why-no-loudspeaker = لم يُسمع مكبّر الصوت
why-nobody-there = لم يكن أحد في الطرف الآخر
why-stopped = أُوقف الفحص
why-not-checked = لم يُفحص
why-other = فشل لسبب آخر

mend-no-microphone = لا يستجيب أي ميكروفون. صِلوا ميكروفونا بالمقعد ثم أعيدوا الفحص.
mend-silent-microphone = لا يعطي الميكروفون صوتا. شغّلوه من الجهاز نفسه ثم أعيدوا الفحص.
mend-not-sent = الميكروفون يعمل، لكن لا يخرج صوت من المحطة. أعيدوا تحميل صفحتها ثم أعيدوا الفحص.
mend-not-heard = يخرج الصوت ولا يصل شيء إلى { $side }. اطلبوا من المشغّل هناك إعادة تحميل صفحة المحطة ثم أعيدوا الفحص.
mend-heard-silent = يصل الصوت إلى { $side } صامتا. اختاروا ميكروفونا آخر للمقعد ثم أعيدوا الفحص.
mend-no-camera = لا تستجيب أي كاميرا. صِلوا كاميرا بالمقعد ثم أعيدوا الفحص.
mend-not-seen = لا تصل الصورة إلى { $side }. اكشفوا الكاميرا وأعيدوا تحميل صفحة المحطة ثم أعيدوا الفحص.
mend-no-loudspeaker = لم يُسمع مكبّر الصوت في الغرفة. ارفعوا مستواه أو اختاروا غيره ثم أعيدوا الفحص.
mend-nobody-there = لا أحد عند محطة في { $side }. اطلبوا من المشغّل هناك فتح محطة ثم أعيدوا الفحص.
mend-stopped = أُوقف الفحص قبل نهايته. أعيدوا الفحص.
mend-not-checked = لم يُفحص هذا المقعد. افحصوه.
mend-other = فشل الفحص. أعيدوا تحميل صفحة المحطة ثم أعيدوا الفحص.

proof-heard = مسموع هناك
proof-seen = مرئي هناك
proof-hears = يَسمع
proof-figures = { $ms } ملي ث ذهابا وإيابا، والفاقد { $loss }٪

seat-lights = الميكروفون والصورة: { $seat }
seat-light-captured = التقاط
seat-light-sent = إرسال
seat-light-heard = مسموع هناك
seat-light-seen = مرئي هناك
light-is-off = مغلق
light-is-none = لا أحد هناك
light-is-not-yet = لم يثبت بعد
light-is-good = نعم
light-is-bad = لا
seat-talking-off = يتحدث والميكروفون مغلق.
seat-fault-dead = لا يعطي الميكروفون أي صوت. صِلوه من جديد أو اختاروا غيره.
seat-fault-gone = فُصل الميكروفون. صِلوه من جديد.
seat-fault-refused = لا يُسمح للمتصفح باستخدام الميكروفون. اسمحوا به بجانب العنوان.
seat-fault-muted = الميكروفون مغلق من الجهاز أو من النظام. شغّلوه هناك.
seat-fault-not-leaving = لا يخرج صوت من المحطة. أعيدوا تحميل صفحتها.
seat-fault-not-arriving = لا يصل شيء منه إلى { $side }. يجري وصله من جديد.
seat-fault-silent = يصل إلى { $side } صامتا. اختاروا ميكروفونا آخر.
seat-fault-unsealed = مفاتيح هذا المقعد ناقصة، فلا يُرسل شيء. أعيدوا تحميل صفحة المحطة.
camera-note-covered = الكاميرا مغطاة.
camera-note-dark = الصورة معتمة. أضيئوا مصباحا.
camera-note-backlit = الضوء من الخلف. أسدلوا الستارة أو أديروا المقعد.
camera-note-frozen = الصورة جامدة. صِلوا الكاميرا من جديد.

seat-mute = إغلاق الميكروفون
seat-ask = طلب التحدث
seat-told = أُبلغ
alarm-talking-off = { $seat }: يتحدث والميكروفون مغلق.

own-side-only = لا يرى هذا إلا جانبكم.
asides = فيما بينكم
note-to-principal = ملاحظة إلى المسؤول الأول
note-send = إظهار
note-hint = سطر قصير واحد يظهر كبيرا على شاشة المسؤول الأول.
note-seen = أُزيلت
note-not-seen = على الشاشة
note = ملاحظة من جانبكم
note-more = { $n ->
    [zero] لا غيرها
    [one] وواحدة غيرها
    [two] واثنتان غيرها
    [few] و{ $n } غيرها
    [many] و{ $n } غيرها
   *[other] و{ $n } غيرها
}
note-away = إزالة
chat = الوفد
chat-field = الكتابة إلى الوفد
chat-send = إرسال
chat-empty = لم يُقل شيء بعد.
chat-close = إغلاق
chat-unread = { $n ->
    [zero] الوفد: لا سطر جديدا
    [one] الوفد: سطر جديد
    [two] الوفد: سطران جديدان
    [few] الوفد: { $n } أسطر جديدة
    [many] الوفد: { $n } سطرا جديدا
   *[other] الوفد: { $n } سطر جديد
}
topics = الموضوعات الآن
topic = الموضوع
topic-set = هذا الآن
topic-clear = لا شيء الآن

myself-open = رؤية أنفسكم وسماعها
myself-listen = الاستماع إلى صوتكم خمس ثوانٍ
myself-close = إغلاق
myself-no-picture = لا تستجيب أي كاميرا.
myself-recording = تحدثوا الآن. لا تسمع هذا إلا هذه الصفحة.
myself-playing = هكذا يبدو صوتكم.
myself-failed = لا يستجيب أي ميكروفون. صِلوا ميكروفونا أو اسمحوا به بجانب العنوان.

refusal-check-closed = الفحص غير مفتوح من الجانبين. افتحوه واطلبوا من المشغّل الآخر فتحه.
refusal-seat-away = محطة هذا المقعد غير مفتوحة. افتحوها أولا.
refusal-nothing-checked = لم يُفحص أي مقعد بعد. افحصوا مقعدا أولا.
refusal-preflight-missing = لم يوقّع أحد الجانبين فحصا وفق الشروط السارية. افحصوا المقاعد ووقّعوا.
refusal-preflight-failed = لم يثبت أحد المقاعد. أصلحوه وأعيدوا فحصه ووقّعوا، أو ابدؤوا مع ذلك.
refusal-unknown-topic = لا تذكر الشروط السارية هذا الموضوع. اطلعوا عليها كما هي.
refusal-aside-too-fast = أسطر كثيرة في وقت قصير. انتظروا بضع ثوانٍ ثم أعيدوا الإرسال.
