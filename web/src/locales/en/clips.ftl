# The desk's pages about clips: the films of a call's footage, and their release.

clips = Clips
clips-of-call = Clips of this call
clips-of = Clips: call with { $side }
clips-what = Films of the footage, signed by your side. Each stays on your own premises until it is released.
clips-rule-both = By the terms a clip is released when both sides have said yes; after that either side takes it back alone, at once.
clips-rule-alone = By the terms a side releases a clip without asking the other, and takes its own release back alone.
clips-releasers = May release clips: { $sides }.
clips-embargo = Nothing is released before
clips-missing = Footage was never open in this call, so there are no clips of it.
clips-none = There are no clips. They are made by themselves when footage has closed.
clips-none-yet = There are no clips yet. Each appears here when it is made and checked.
clips-programs = Your node cannot make clips: the program ffmpeg is missing on its machine, or it lacks H.264 or AAC. What was recorded is kept. Ask your administrator to install it, then have the clips made.
clips-programs-debian = On Debian the administrator types
clips-work = Being made
clips-again = Make again what failed

clip = Clip
clip-pool = Pool cut of both sides
clip-side = { $side }’s picture
clip-shorter = { $what }, shorter
clip-footage = Footage { $n }
clip-far = A clip that { $side } has
clip-of-file = of
clip-stage-waiting = Waits for its turn
clip-stage-cutting = Is being cut
clip-stage-checking = Is being checked from the first picture to the last
clip-stage-poster = A still picture is being taken
clip-stage-signing = Is being signed
clip-percent = { $n } %
clip-failed = Not made.

clip-is-kept = On your own premises.
clip-says-kept = Nothing of it is released.
clip-is-ours = Your side said yes.
clip-says-ours = { $side } has not said yes yet, so it is not released.
clip-is-theirs = { $side } asks to release it.
clip-says-theirs = It is released when your side says yes too.
clip-is-released = Released.
clip-says-released = It may be shown.
clip-is-recalled = Taken back.
clip-says-recalled = It is not released any longer.
clip-is-replaced = Replaced.
clip-says-replaced = Another clip has taken its place.
clip-is-cut-off = Not to be released.
clip-says-cut-off = Footage had been closed before this clip ends.
clip-instead = It takes the place of
clip-url = See it on the public page
clip-no-url = Your public page does not show it yet.

clip-length = Length
clip-sounds = Sound of
clip-sounds-none = nobody
clip-from = Begins
clip-signed = Signed by
clip-stamp = Time stamp
clip-stamp-none = none
clip-file = File
clip-hash = SHA‑256 of the file
clip-compare = Your node does not have this file: it knows it by its SHA‑256 alone. Have { $side } give you the file, and compare all 64 digits before you say yes:
clip-compare-how = Whoever has the file works the digits out on any computer; on Linux with

clip-film-show = Show the film
clip-film-close = Close the film
clip-film-coming = The film is being fetched from your node.

clip-release-alone = Release
clip-release-alone-sure = Press again to release
clip-release-first = Say yes to its release
clip-release-first-sure = Press again to say yes
clip-release-second = Say yes: release it
clip-release-second-sure = Press again to release
clip-means-alone = Your side’s word is enough: it is released at once, and { $side } sees that in the record. Your side can take it back at any time; what others have copied by then they keep.
clip-means-first = This does not release it yet: { $side } has to say yes too. Either side can take its yes back at any time.
clip-means-second = { $side } has said yes already: with your side’s word it is released at once. Either side can take it back at any time; what others have copied by then they keep.
clip-recall = Take it back
clip-recall-sure = Press again to take it back
clip-back-first = Taken back, your side’s yes does not stand any longer, and { $side } alone cannot release it.
clip-back-both = Taken back by your side, it is not released any longer, whatever { $side } has said. Both sides’ public pages stop showing it.
clip-back-own = Taken back, it leaves your side’s public page at once. What { $side } itself has released stays.
clip-operators = An operator of your side releases clips and takes them back.
clip-correct = Release in the place of another
clip-correct-which = Which clip’s place does it take?
clip-correct-means-alone = This one is released at once, and the other is not any longer; it stays in the record.
clip-correct-means-first = When { $side } has said yes too, this one is released and the other is not any longer. The other stays in the record.
clip-correct-do = Release in its place
clip-correct-sure = Press again to release in its place

clip-shorten = Make it shorter
clip-trim-what = Choose what stays. It becomes a clip of its own, signed anew; this one stays as it is.
clip-trim-from = From, in seconds
clip-trim-to = To, in seconds
clip-trim-take-from = Begin where the film stands
clip-trim-take-to = End where the film stands
clip-trim-bounds = { $least ->
    [one] Between 0 and { $last }, to a tenth of a second; at least { $least } second.
   *[other] Between 0 and { $last }, to a tenth of a second; at least { $least } seconds.
}
clip-trim-says = { $kept } of { $all } stays.
clip-trim-fault-number = Give both as numbers.
clip-trim-fault-outside = Both have to be within the film.
clip-trim-fault-least = The end has to be at least one second after the beginning.
clip-trim-fault-whole = This is the whole film. Move the beginning or the end.
clip-trim-play = Play from here
clip-trim-make = Make the shorter clip

clip-acts = What was done with it
clip-act-made = Made: { $who }, { $when }
clip-act-shortened = Made shorter: { $who }, { $when }
clip-act-released = Said yes to its release: { $who }, { $when }
clip-act-recalled = Took it back: { $who }, { $when }
