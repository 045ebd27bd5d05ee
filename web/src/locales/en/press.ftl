# The desk's pages about what the side says in public: announcements, readouts, clips.

press = Public page
public-of-call = What the public is told of this call
press-of = Public page: call with { $side }
press-to-call = Back to the call
press-where = The page is at
press-no-page = Your node serves no public page. What you prepare here stays here until an administrator switches it on.
press-own-only = What stands here is your side's own word. It never crosses the line.
press-no-calls = No call has been agreed yet.
press-waits = { $n ->
    [one] { $n } readout waits for a second person
   *[other] { $n } readouts wait for a second person
}
press-approved-n = { $n ->
    [one] { $n } readout is approved
   *[other] { $n } readouts are approved
}
press-published-n = { $n ->
    [one] { $n } readout is published
   *[other] { $n } readouts are published
}

press-call = The call
press-says-nothing = The page says nothing of this call.
press-says-announced = The page announces this call.
press-says-held = The page says that this call took place.
press-says-off = The page says that this call will not take place.
press-may-nothing = Nothing can be said of this call now: before it, only what both sides agreed to announce; after it, when it has ended.
press-say-announced = Announce the call
press-say-held = Say that it took place
press-say-off = Say that it will not take place
press-say-again = Change what the page tells
press-hide = Take it off the page
press-hide-sure = Press again to take it off
press-show = Tell the public
press-show-planned = when it takes place
press-show-times = begin and end
press-show-length = how long it was
press-show-asked = who asked for it
press-show-topics = the topics
press-stale = The record says something else by now: what stands here is older.

press-readouts = Readouts
press-write = Write a readout
press-languages = Languages
press-in-language = Publish in this language ({ $language })
press-title = Title
press-body = Text
press-body-hint = One to four paragraphs, with an empty line between them.
press-quote = Quote
press-quote-by = Who said it
press-quote-add = Add a quote
press-quote-remove = Remove this quote
press-note = What this correction changes
press-no-language = Choose at least one language.
press-lacks = Something is missing in this language: a title, a text, who said a quote, or what was corrected.
press-save = Save for approval
press-cancel = Cancel
press-is-draft = Waits for a second person
press-is-approved = Approved, not published
press-is-published = Published
press-is-withdrawn = Withdrawn
press-version = Version { $n }
press-by-drafted = written by { $name }, { $when }
press-by-approved = approved by { $name }, { $when }
press-by-published = published by { $name }, { $when }
press-by-withdrawn = withdrawn by { $name }, { $when }
press-second = Whoever wrote it cannot approve it. A second person does, at another seat.
press-look-first = Read the preview before you approve it.
press-preview = Preview
press-preview-close = Close the preview
press-approve = Approve
press-publish = Publish
press-publish-sure = Press again to publish
press-edit = Change
press-correct = Correct
press-withdraw = Withdraw
press-withdraw-sure = Press again to withdraw it for good
press-clips = Released clips

refusal-press-too-long = Something in the readout is too long ({ $field }; at most { $max }). Shorten it.
refusal-press-text = Something in the readout is empty or cannot be shown as it is ({ $field }). Write it in plain words.
refusal-press-foreign = This cannot be done here. Reload the page.
refusal-press-withdrawn = This readout was withdrawn. Write a new one.
refusal-press-newer = Somebody else changed this meanwhile. Read what stands there now, then do it again.
refusal-press-own-draft = Whoever wrote it cannot approve it. A second person does, at another seat.
refusal-press-approved = This version is approved already.
refusal-press-unapproved = This version is not approved yet. A second person approves it first.
refusal-press-published = This version is published already.
refusal-press-note = A correction says in every language what it changes; a first version says nothing of it.
refusal-press-not-over = The call was not over when this was written. Save it again after the end, then have it approved.
refusal-press-terms = What both sides agreed does not allow this to be announced.
refusal-press-phase = This cannot be said of the call as it stands.
refusal-press-nothing = There is nothing on the page to take off.
refusal-press-full = There are too many of these for one call.
