# التصوير في الشروط وما يجوز إعلانه مسبقا: في النموذج وعند القراءة.

form-footage-on = يجوز تصوير بضع دقائق للصحافة
form-footage-hint = لا يُصوَّر شيء إلا إذا فتح الجانبان التصوير أثناء المكالمة. ولكل جانب أن يغلقه فورا.
form-footage-minutes = المدة القصوى بالدقائق
footage-persons = في الصورة
footage-recorders = المسجِّل التابع إلى
form-footage-recorders-hint = لا يحصل المسجِّل إلا على هذه الدقائق. ويُضاف إلى قائمة المشاركين تلقائيا.
footage-releasers = من ينشر المقاطع
form-release-both = بموافقة الجانب الآخر فقط
form-release-either = دون سؤال الجانب الآخر
release-both = بموافقة الجانب الآخر
release-either = دون سؤال الجانب الآخر
footage-embargo = الحظر
form-embargo-end = حتى نهاية المكالمة
form-embargo-time = حتى وقت محدد
form-embargo-none = لا حظر
form-embargo-clock = الوقت في { $place }
embargo-end = حتى نهاية المكالمة
embargo-none = لا حظر
embargo-until = حتى
term-announce = الإعلان المسبق
form-announce = ما يجوز لكل جانب إعلانه قبل المكالمة
announce-nothing = لا شيء
announce-call = أنها ستجري وموعدها
announce-topics = وكذلك من طلبها والمواضيع

fault-footage-minutes = حددوا مدة للتصوير من 1 إلى 1440 دقيقة.
fault-footage-persons = اختاروا من يظهر في الصورة.
fault-footage-recorders = اختاروا مسجِّل أي جانب يشارك.
fault-footage-releasers = اختاروا من ينشر المقاطع.
fault-footage-embargo = حددوا التاريخ والوقت اللذين لا يُنشر شيء قبلهما.
