# القاعة: الأجهزة والكاميرا وشاشة القاعة ومن يجلس أين.

devices = الميكروفون والكاميرا ومكبّر الصوت
devices-open = الأجهزة
devices-change = اختيار الأجهزة
devices-close = إغلاق
devices-locked = اختيرت قبل المكالمة، وهي مثبّتة حتى انتهائها.
devices-unnamed = يذكر المتصفح أسماء الأجهزة بعد أن يُسمح له باستخدامها.
devices-name = السماح للمتصفح بذكر أسمائها
device-of = { $kind ->
    [microphone] الميكروفون
    [camera] الكاميرا
   *[loudspeaker] مكبّر الصوت
}
device-used = { $kind ->
    [microphone] الميكروفون: { $label }
    [camera] الكاميرا: { $label }
   *[loudspeaker] مكبّر الصوت: { $label }
}
device-chosen = المختار
device-spare = الاحتياطي
device-default = ما يعطيه النظام
device-no-spare = لا يوجد
device-not-open = غير مستخدم في هذه اللحظة
device-try = تجربة الاحتياطي
device-try-speak = تكلّم الآن.
device-try-look = تُفحص الصورة.
device-try-listen = استمع: تُعزف نغمة.
device-try-heard = سمعتُها
device-try-unheard = لم أسمع شيئًا
device-try-worked = الجهاز الاحتياطي يعمل.
device-try-silent = لم يُسمع شيء من الجهاز الاحتياطي.
device-try-covered = عدسة الكاميرا الاحتياطية مغطّاة.
device-try-failed = لم يُفتح الجهاز الاحتياطي.
device-untried = لم يُجرَّب الجهاز الاحتياطي بعد.

profile = الصوت في هذا المقعد
profile-headset = سماعة رأس
profile-headset-hint = شخص واحد بسماعات أو بسماعة هاتف.
profile-speakerphone = مكبّرات صوت في القاعة
profile-speakerphone-hint = يُزال مما يُرسله هذا الحاسوب ما يشغّله من صوت.

device-gone = { $kind ->
    [microphone] فُصل الميكروفون.
    [camera] فُصلت الكاميرا.
   *[loudspeaker] فُصل مكبّر الصوت.
}
device-missing = { $kind ->
    [microphone] الميكروفون المختار غير موصول.
    [camera] الكاميرا المختارة غير موصولة.
   *[loudspeaker] مكبّر الصوت المختار غير موصول.
}
device-shut = { $kind ->
    [microphone] تعذّر فتح الميكروفون المختار.
    [camera] تعذّر فتح الكاميرا المختارة.
   *[loudspeaker] تعذّر فتح مكبّر الصوت المختار.
}
device-spare-in-use = الجهاز الاحتياطي قيد الاستخدام.
device-other-in-use = المستخدم بدلًا منه: { $label }.
device-system-in-use = يُستخدم ما يعطيه النظام.
device-back = { $kind ->
    [microphone] عاد الميكروفون المختار وهو قيد الاستخدام.
    [camera] عادت الكاميرا المختارة وهي قيد الاستخدام.
   *[loudspeaker] عاد مكبّر الصوت المختار وهو قيد الاستخدام.
}

camera-covered = يبدو أن كاميرتك مغطّاة. افتح غطاءها أو اكشف العدسة.
camera-dark = الإضاءة غير كافية لكاميرتك. أضئ مصباحًا أمامك.
camera-backlit = الضوء خلفك أقوى بكثير من الضوء على وجهك. أسدل الستارة أو أدر المقعد.
camera-frozen = صورة كاميرتك ثابتة. افصل الكاميرا ثم أوصلها من جديد.

staff-show = للموظفين: اضغط مطوّلًا لإظهار الأدوات
staff-hide = إخفاء الأدوات
far-table = آخرون على الطاولة
far-more = { $n ->
    [zero] ولا أحد غيرهم
    [one] وشخص آخر ({ $n })
    [two] وشخصان آخران ({ $n })
    [few] و{ $n } أشخاص آخرين
    [many] و{ $n } شخصًا آخر
   *[other] و{ $n } شخص آخر
}
