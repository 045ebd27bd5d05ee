# Floor and interpretation: what a listener hears, and who is missed.

listen = What you hear
listen-original = Original
listen-interpretation = Interpretation
listen-both = Both
listen-into = Interpretation into
listen-hears-original = You hear the original.
listen-hears-interpretation = You hear the interpretation. Language: { $language }.
listen-hears-both = You hear the interpretation, with the original quietly under it. Language: { $language }.
listen-instead = Nobody interprets for you at this moment. You hear the original.
listen-turn = The interpreter speaks in turn.
listen-speaks = Interpreting: { $person }
listen-you = You interpret { $from } into { $to }.
listen-floor-from = Hear { $language } only
listen-floor-all = Hear everybody

missed-missing-here = Your interpreter is not here ({ $language }). You hear the original.
missed-silent-here = Your interpreter is silent ({ $language }). You hear the original.
missed-missing-there = The interpreter into { $language } is not here. Wait, or you are not understood.
missed-silent-there = The interpreter into { $language } is silent. Wait, or you are not understood.
missed-missing-turn = The interpreter into { $language } is not here.
missed-silent-turn = The interpreter into { $language } is silent.
missed-silent-you = Nobody hears you interpret. Look at your microphone, then speak.
missed-missing-desk = Nobody interprets into { $language }: { $person } is not at the terminal.
missed-muted-desk = Nobody interprets into { $language }: { $person } has the microphone off.
missed-silent-desk = An interpreter is silent while somebody speaks. So says the terminal of { $seats }.

term-interpretation = Interpretation
interpretation-none = None
interpretation-consecutive = In turn: the interpreter speaks after each speaker
interpretation-simultaneous = At the same time: each listener chooses what to hear
interprets = { $from } into { $to }
form-interprets-from = Interprets from
form-interprets-to = Interprets into
form-interprets-none = Choose
form-interprets-hint = A side's interpreter puts that side's words into the other language. Add one for each language to be heard.
fault-interpreters = Add an interpreter to the roster, or choose no interpretation.
fault-direction = Choose two different languages for each interpreter.
