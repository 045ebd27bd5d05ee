# التصوير: نافذته على شاشات الجانبين، ومسجِّله عند المناوب.

window-begins = يبدأ التصوير
window-left = ينتهي التصوير بعد { $time }
window-with = التصوير مع { $side } ينتهي بعد { $time }
window-still = التصوير مغلق هنا، وما زالت { $side } ترسل إلى الصحافة
window-idle = لا يصل شيء إلى الصحافة بعد.
window-you = { $medium ->
    [sound] الصحافة تسمعكم.
   *[picture] الصحافة تراكم وتسمعكم.
}
window-not-you = أنتم مختومون: لا يصل منكم شيء إلى الصحافة.
window-close = إغلاق التصوير
window-over-close = أُغلق التصوير. كل شيء مختوم من جديد.
window-over-clock = انتهى وقت التصوير. كل شيء مختوم من جديد.
window-over-lease = أُغلق التصوير: لم يصل شيء من { $side } منذ ثانيتين. ما عندكم مختوم من جديد.
window-said-open = التصوير مفتوح. الصحافة تشارك.
window-said-closed = أُغلق التصوير.
window-said-left = { $n ->
    [zero] ينتهي التصوير الآن.
    [one] ينتهي التصوير بعد ثانية واحدة.
    [two] ينتهي التصوير بعد ثانيتين.
    [few] ينتهي التصوير بعد { $n } ثوانٍ.
    [many] ينتهي التصوير بعد { $n } ثانية.
   *[other] ينتهي التصوير بعد { $n } ثانية.
}

window-closed = التصوير مغلق. يُفتح عندما يفتحه الجانبان.
window-own-half = فتحتم نصفكم. يبدأ التصوير عندما تفتح { $side } أيضا.
window-far-half = فتحت { $side } نصفها. يبدأ التصوير عندما تفتحون أنتم أيضا.
window-is-open = التصوير مفتوح، ويظهر ذلك على شاشات الجانبين. يغلقه أي جانب فورا.
window-open = فتح التصوير
window-open-sure = اضغطوا مرة أخرى لفتح التصوير
window-take-back = التراجع

recorder-idle = المسجِّل جاهز.
recorder-waiting = المسجِّل ينتظر المفاتيح من المحطات.
recorder-writing = المسجِّل يكتب.
recorder-waits = العقدة نفسها، عند فتح التصوير
recorder-nothing = لا يصل شيء إلى المسجِّل. سينقص ذلك من المقطع.
recorder-disk-low = قرص المسجِّل يكاد يمتلئ. أفسحوا مكانا أو أغلقوا التصوير.
recorder-disk-full = قرص المسجِّل ممتلئ. ما كُتب محفوظ، ولا يُكتب المزيد.
recorder-finishing = المسجِّل ينهي ملفاته.
recorder-done = انتهى المسجِّل.
recorder-none = لا يشارك مسجِّل لهذا الجانب.
recorder-written = كُتب
size-kb = { $n } ك.ب
size-mb = { $n } م.ب
size-gb = { $n } غ.ب
