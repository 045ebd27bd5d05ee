# الأصل والترجمة: ما يسمعه المستمع، ومن الغائب.

listen = ما تسمعونه
listen-original = الأصل
listen-interpretation = الترجمة
listen-both = كلاهما
listen-into = الترجمة إلى
listen-hears-original = أنتم تسمعون الأصل.
listen-hears-interpretation = أنتم تسمعون الترجمة. اللغة: { $language }.
listen-hears-both = أنتم تسمعون الترجمة، والأصل خافت تحتها. اللغة: { $language }.
listen-instead = لا أحد يترجم لكم في هذه اللحظة. أنتم تسمعون الأصل.
listen-turn = يتحدث المترجم بالتناوب.
listen-speaks = يترجم الآن: { $person }
listen-you = أنتم تترجمون من { $from } إلى { $to }.
listen-floor-from = سماع { $language } فقط
listen-floor-all = سماع الجميع

missed-missing-here = مترجمكم ليس حاضرا ({ $language }). أنتم تسمعون الأصل.
missed-silent-here = مترجمكم صامت ({ $language }). أنتم تسمعون الأصل.
missed-missing-there = المترجم إلى { $language } ليس حاضرا. انتظروا، وإلا فلن يُفهم كلامكم.
missed-silent-there = المترجم إلى { $language } صامت. انتظروا، وإلا فلن يُفهم كلامكم.
missed-missing-turn = المترجم إلى { $language } ليس حاضرا.
missed-silent-turn = المترجم إلى { $language } صامت.
missed-silent-you = لا أحد يسمع ترجمتكم. تحققوا من ميكروفونكم ثم تحدثوا.
missed-missing-desk = لا أحد يترجم إلى { $language }. ليس عند محطته: { $person }.
missed-muted-desk = لا أحد يترجم إلى { $language }. الميكروفون مغلق: { $person }.
missed-silent-desk = المترجم صامت بينما يتحدث أحدهم، وفق محطة { $seats }.

term-interpretation = الترجمة
interpretation-none = بلا ترجمة
interpretation-consecutive = تتابعية: يتحدث المترجم بعد كل متحدث
interpretation-simultaneous = فورية: يختار كل مستمع ما يسمعه
interprets = من { $from } إلى { $to }
form-interprets-from = يترجم من
form-interprets-to = يترجم إلى
form-interprets-none = اختاروا
form-interprets-hint = مترجم كل جانب ينقل كلام جانبه إلى اللغة الأخرى. أضيفوا مترجما لكل لغة ينبغي أن تُسمع.
fault-interpreters = أضيفوا مترجما إلى قائمة المشاركين، أو اختاروا «بلا ترجمة».
fault-direction = اختاروا لغتين مختلفتين لكل مترجم.
