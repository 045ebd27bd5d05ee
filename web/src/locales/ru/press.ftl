# The desk's pages about what the side says in public: announcements, readouts, clips.

press = Публичная страница
public-of-call = Что сообщается об этом звонке публично
press-of = Публичная страница, звонок: { $side }
press-to-call = Назад к звонку
press-where = Адрес страницы:
press-no-page = Ваш узел не показывает публичной страницы. Подготовленное здесь останется здесь, пока администратор её не включит.
press-own-only = Здесь стоит слово только вашей стороны. По линии оно не передаётся.
press-no-calls = Согласованных звонков пока нет.
press-waits = { $n ->
    [one] { $n } сообщение ждёт второго человека
    [few] { $n } сообщения ждут второго человека
   *[other] { $n } сообщений ждут второго человека
}
press-approved-n = { $n ->
    [one] { $n } сообщение одобрено
    [few] { $n } сообщения одобрены
   *[other] { $n } сообщений одобрено
}
press-published-n = { $n ->
    [one] { $n } сообщение опубликовано
    [few] { $n } сообщения опубликованы
   *[other] { $n } сообщений опубликовано
}

press-call = Звонок
press-says-nothing = На странице об этом звонке ничего нет.
press-says-announced = Страница объявляет об этом звонке.
press-says-held = На странице сказано, что этот звонок состоялся.
press-says-off = На странице сказано, что этот звонок не состоится.
press-may-nothing = Сейчас об этом звонке ничего сказать нельзя: до него только то, что стороны согласились объявить, после него, когда он закончен.
press-say-announced = Объявить о звонке
press-say-held = Сообщить, что он состоялся
press-say-off = Сообщить, что он не состоится
press-say-again = Изменить то, что сообщает страница
press-hide = Убрать со страницы
press-hide-sure = Нажмите ещё раз, чтобы убрать
press-show = Сообщить публично
press-show-planned = когда он состоится
press-show-times = начало и окончание
press-show-length = продолжительность
press-show-asked = кто попросил о звонке
press-show-topics = темы
press-stale = В записи о звонке теперь стоит другое; здесь – прежнее.

press-readouts = Сообщения о разговоре
press-write = Написать сообщение
press-languages = Языки
press-in-language = Публиковать на этом языке ({ $language })
press-title = Заголовок
press-body = Текст
press-body-hint = От одного до четырёх абзацев, между ними пустая строка.
press-quote = Цитата
press-quote-by = Кто это сказал
press-quote-add = Добавить цитату
press-quote-remove = Удалить эту цитату
press-note = Что меняет это исправление
press-no-language = Выберите хотя бы один язык.
press-lacks = На этом языке чего-то не хватает: заголовка, текста, автора цитаты или того, что исправлено.
press-save = Сохранить для одобрения
press-cancel = Отмена
press-is-draft = Ждёт второго человека
press-is-approved = Одобрено, не опубликовано
press-is-published = Опубликовано
press-is-withdrawn = Отозвано
press-version = Версия { $n }
press-by-drafted = кто написал: { $name }, { $when }
press-by-approved = кто одобрил: { $name }, { $when }
press-by-published = кто опубликовал: { $name }, { $when }
press-by-withdrawn = кто отозвал: { $name }, { $when }
press-second = Тот, кто написал, не может одобрить. Это делает второй человек с другого места.
press-look-first = Прочтите предварительный просмотр, прежде чем одобрять.
press-preview = Просмотреть
press-preview-close = Закрыть просмотр
press-approve = Одобрить
press-publish = Опубликовать
press-publish-sure = Нажмите ещё раз, чтобы опубликовать
press-edit = Изменить
press-correct = Исправить
press-withdraw = Отозвать
press-withdraw-sure = Нажмите ещё раз, чтобы отозвать навсегда
press-clips = Выпущенные ролики

refusal-press-too-long = Что-то в сообщении слишком длинно ({ $field }; не больше { $max }). Сократите.
refusal-press-text = Что-то в сообщении пусто или не может быть показано ({ $field }). Напишите простыми словами.
refusal-press-foreign = Здесь это сделать нельзя. Перезагрузите страницу.
refusal-press-withdrawn = Это сообщение отозвано. Напишите новое.
refusal-press-newer = Кто-то уже изменил это. Прочтите, что стоит там теперь, и повторите.
refusal-press-own-draft = Тот, кто написал, не может одобрить. Это делает второй человек с другого места.
refusal-press-approved = Эта версия уже одобрена.
refusal-press-unapproved = Эта версия ещё не одобрена. Сначала её одобряет второй человек.
refusal-press-published = Эта версия уже опубликована.
refusal-press-note = Исправление на каждом языке говорит, что оно меняет; в первой версии этого нет.
refusal-press-not-over = Когда это писали, звонок ещё не закончился. Сохраните ещё раз после окончания и дайте одобрить.
refusal-press-terms = Согласованные условия не позволяют это объявить.
refusal-press-phase = О звонке в его нынешнем состоянии этого сказать нельзя.
refusal-press-nothing = На странице нечего убирать.
refusal-press-full = Для одного звонка их слишком много.
