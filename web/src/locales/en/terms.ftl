# Footage in the terms, and what may be announced: in the form and as they are read.

form-footage-on = A few minutes may be filmed for the press
form-footage-hint = Nothing is filmed unless both sides open it during the call. Either side closes it at once.
form-footage-minutes = At most, in minutes
footage-persons = In the picture
footage-recorders = Recorders of
form-footage-recorders-hint = A recorder gets these minutes and nothing else. It is added to the roster by itself.
footage-releasers = May release clips
form-release-both = Only with the other side’s consent
form-release-either = Without asking the other side
release-both = with the other side’s consent
release-either = without asking the other side
footage-embargo = Embargo
form-embargo-end = Until the end of the call
form-embargo-time = Until a set time
form-embargo-none = None
form-embargo-clock = Time in { $place }
embargo-end = until the end of the call
embargo-none = none
embargo-until = until
term-announce = Announced before
form-announce = What each side may announce before the call
announce-nothing = Nothing
announce-call = That it takes place, and when
announce-topics = Also who asked for it, and the topics

fault-footage-minutes = Give the footage a length from 1 to 1,440 minutes.
fault-footage-persons = Choose who is in the picture.
fault-footage-recorders = Choose whose recorders take part.
fault-footage-releasers = Choose who may release clips.
fault-footage-embargo = Give the date and time before which nothing is released.
