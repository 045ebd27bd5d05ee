# الغرفة: الأجهزة والكاميرا وشاشة الغرفة ومن يجلس أين.

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
device-default = ما يحدده النظام
device-no-spare = لا يوجد
device-not-open = غير مفتوح في هذه اللحظة
device-try = تجربة الاحتياطي
device-try-speak = تحدثوا الآن.
device-try-look = تُفحص الصورة.
device-try-listen = استمعوا: تُشغَّل نغمة.
device-try-heard = سمعتها
device-try-unheard = لم أسمع شيئا
device-try-worked = الجهاز الاحتياطي يعمل.
device-try-silent = لم يُسمع شيء من الجهاز الاحتياطي.
device-try-covered = عدسة الكاميرا الاحتياطية مغطاة.
device-try-failed = لم يُفتح الجهاز الاحتياطي.
device-untried = لم يُجرَّب الجهاز الاحتياطي بعد.

profile = الصوت في هذا المقعد
profile-headset = سماعة رأس
profile-headset-hint = شخص واحد بسماعتي أذن أو بسماعة هاتف.
profile-speakerphone = مكبّرات صوت في الغرفة
profile-speakerphone-hint = يُزال مما يرسله هذا الحاسوب كل صوت يصدر عنه.

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
device-other-in-use = المستخدم بدلا منه: { $label }.
device-system-in-use = يُستخدم ما يحدده النظام.
device-back = { $kind ->
    [microphone] عاد الميكروفون المختار وهو قيد الاستخدام.
    [camera] عادت الكاميرا المختارة وهي قيد الاستخدام.
   *[loudspeaker] عاد مكبّر الصوت المختار وهو قيد الاستخدام.
}

camera-covered = يبدو أن كاميرتكم مغطاة. افتحوا غطاءها أو اكشفوا عدستها.
camera-dark = الإضاءة غير كافية لكاميرتكم. أضيئوا مصباحا أمامكم.
camera-backlit = الضوء خلفكم أقوى بكثير من الضوء على وجهكم. أسدلوا الستارة أو أديروا المقعد.
camera-frozen = صورة كاميرتكم جامدة. افصلوا الكاميرا ثم صِلوها من جديد.

staff-show = للعاملين: اضغطوا باستمرار لإظهار الأدوات
staff-hide = إخفاء الأدوات
far-table = بقية الجالسين إلى الطاولة
far-more = { $n ->
    [zero] ولا أحد غيرهم
    [one] وشخص آخر
    [two] وشخصان آخران
    [few] و{ $n } آخرون
    [many] و{ $n } شخصا آخر
   *[other] و{ $n } شخص آخر
}
