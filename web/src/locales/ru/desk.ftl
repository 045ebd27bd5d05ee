# Пульт.

desk-title = Пульт – { $side }
clocks = Время в столицах
light-night = Ночь
light-day = День
node-away-desk = Ваш узел не отвечает. На экране последнее, что он сообщил; повторяем попытки.
node-going = Ваш узел перезапускается. Страница продолжит работу сама.
back = Все звонки

lines = Линии
no-lines = Линии пока нет. Администратор связывает два узла командой «visavis line invite».
line-since = с { $time }
line-rtt = Туда и обратно
line-loss = Потери
line-skew = Часы
line-skew-ahead = у той стороны спешат на { $span }: проверьте часы обоих узлов
line-skew-behind = у той стороны отстают на { $span }: проверьте часы обоих узлов
pages-changed = Страницы, которые { $side } показывает своим людям, изменились. Спросите, обновляли ли там узел.
pages-known = Обновляли
own-pages = Ваш узел сам показывает страницы своим людям. Их отпечаток:
line-down-hint = Запросы ждут здесь и будут доставлены, когда восстановится связь ({ $side }).
line-unconfirmed-hint = Операторы зачитывают друг другу слова и подтверждают их; после этого можно запрашивать звонки.

calls = Звонки
calls-live = Сейчас
calls-coming = Предстоят
calls-past = Прошли
no-coming = Ничего не запланировано.
no-past = Звонков ещё не было.
this-month = { $n ->
    [0] в этом месяце не было
    [one] { $n } в этом месяце
   *[other] { $n } в этом месяце
}
waits-for-you = Ждёт вас

ask = Запросить звонок
home-quiet = Ничто не ждёт вашего ответа
home-quiet-hint = Когда другая сторона запросит звонок, этот пульт зазвонит.
home-down-hint = Линия не работает. Звонок можно запросить: запрос будет доставлен, когда линия восстановится.
home-live = Звонок: { $side }
home-waiting = { $n ->
    [one] Вас ждёт { $n } запрос
    [few] Вас ждут { $n } запроса
   *[many] Вас ждут { $n } запросов
}
home-waiting-with = Запрос звонка: { $side }.
home-next = Следующий звонок: { $side }
home-open = Открыть звонок
home-answer = Прочесть и ответить

ring = { $side } запрашивает звонок
ring-title = { $side } запрашивает звонок
ring-muted = Браузер не пропускает сигнал. Нажмите в любом месте страницы, чтобы его услышать.
ring-silence = Без звука
ring-open = Прочесть и ответить

call-with = Звонок: { $side }
call-missing = Ваш узел не знает этого звонка.
call-lasted = Длился { $time }
call-running = Идёт { $time }

next-asked = { $side } запрашивает этот звонок. Прочтите условия и ответьте.
next-countered = { $side } предлагает другие условия. Прочтите, что меняется, и ответьте.
next-wait-answer = Запрос отправлен. Ответит пульт другой стороны ({ $side }).
next-none = Открытых условий в этом звонке нет. Можно предложить новые.
next-gather = Согласовано. Когда придёт время, соберите делегацию у терминалов.
next-wait-gather = Ваша сторона собирается. Ждём, когда соберётся { $side }.
next-far-gathered = { $side } собирается. Соберите и свою делегацию.
next-begin = Обе стороны собраны. Когда все на местах, начинайте; звонок начнётся, когда так скажут обе стороны.
next-wait-begin = Ваша сторона сказала «Начать». Ждём вторую сторону ({ $side }).
next-far-begin = Другая сторона ({ $side }) сказала «Начать». Звонок начнётся, когда так скажете и вы.
next-session = Первые лица разговаривают.
next-ended = Звонок завершён. В записи – подписанные заявления обеих сторон.
next-release = Другая сторона ({ $side }) просит выпустить ролик. Он будет выпущен, когда согласится и ваша сторона.
next-declined = Запрос отклонён.
next-withdrawn = Запрос отозван.
next-lapsed = Время этого запроса вышло.

next-crossed = Действуют двое согласованных условий. Отзовите одни из них, затем продолжайте.
agreed-terms = Согласовано, предложение: { $side }
seat-closed = Назначено; терминал не открыт

agree = Согласиться
counter = Предложить другие условия
decline = Отклонить
decline-sure = Нажмите ещё раз, чтобы отклонить
withdraw = Отозвать
withdraw-sure = Нажмите ещё раз, чтобы отозвать
withdraw-agreed = Отозвать согласие своей стороны
gather = Собрать делегацию
begin = Начать
record = Скачать запись

forked = Одна из сторон – { $side } или ваша – подписала два разных заявления на одном месте. В записи сохранены оба. Этот звонок закрыт; запросите новый.
crossed = Одновременно действуют двое согласованных условий. Начать нельзя, пока одни из них не отозваны.
interrupted-desk = Линия прервана ({ $side }). Звонок продолжится сам, когда она восстановится.

halfway = Вы и сами запросили звонок: { $side }. Он ещё нужен?
halfway-withdraw = Отозвать свой запрос
halfway-keep = Оставить оба

differences = Что предлагает изменить { $side }
differences-own = Что вы предлагаете изменить
differences-none = Пока ничего не изменено.
difference-what = Условие
difference-before = Было
difference-after = Предлагается

terms = Условия
terms-offered = Условия, которые предлагает { $side }
term-start = Начало
term-minutes = Длительность
term-medium = Форма
term-zones = Часовые пояса
term-topics = Темы
term-reason = Повод
term-roster = Состав
term-languages = Языки
term-footage = Съёмка
medium-picture = Изображение и звук
medium-sound = Только звук
footage-minutes = { $n ->
    [one] до { $n } минуты для прессы
   *[many] до { $n } минут для прессы
}
footage-none = Без съёмки

people = Люди
side-gathered = Собрана
side-not-gathered = Ещё не собрана
side-begun = Собрана, сказала «Начать»
person-no-seat = место не назначено
seat = Место
seat-none = Выберите место
strike = Исключить
strike-sure = Нажмите ещё раз, чтобы исключить
admit-open = Добавить человека в состав
admit = Добавить
admit-hint = Человек добавлен, когда обе стороны добавили его одними и теми же словами.
person-side = Сторона
person-role = Роль
person-title = Должность
person-place = Где находится

timeline = Заявления
timeline-clock = Время указано по месту { $place }, по часам подписавшей стороны.
seen = подтверждено: { $side }
not-seen = ещё не подтверждено: { $side }
key-short = ключ { $key }…
statement-key = Ключ подписи
statement-hash = Заявление
statement-number = Номер

said-offer = { $side }: запрос звонка
said-counter = { $side }: предложены другие условия
said-agree = { $side }: согласие
said-decline = { $side }: отказ
said-withdraw = { $side }: отзыв
said-lapse = { $side }: срок вышел
said-gather = { $side }: делегация собирается
said-preflight = { $side }: проверка мест
said-vouch = { $side }: место занимает { $person }
said-vouch-nobody = { $side }: место освобождено
said-admit = { $side }: добавить в состав – { $person }
said-strike = { $side }: исключить из состава – { $person }
said-begin = { $side }: начать
said-open = { $side }: открыть съёмку
said-close = { $side }: закрыть съёмку
said-lost = { $side }: линия потеряна
said-back = { $side }: линия восстановлена
said-end = { $side }: звонок завершён
said-rekey = { $side }: смена ключа
said-release = { $side }: согласие на выпуск ролика
said-correction = { $side }: согласие на замену ролика другим
said-recall = { $side }: ролик отозван
said-other = { $side }: { $kind }

ask-title = Запросить звонок: { $side }
ask-line = С кем
ask-send = Отправить запрос: { $side }
counter-title = Предложить другие условия: { $side }
counter-send = Предложить: { $side }
counter-stale = Пока вы писали, условия изменились ({ $side }). Здесь вы отвечаете на прежние.
counter-restart = Начать с новых условий

form-when = Когда
form-date = Дата
form-time = Время
form-zone = По времени
form-minutes = Минут по плану
form-topic = Тема { $n }
form-topic-hint = О чём пойдёт разговор
form-topic-add = Добавить тему
form-topic-remove = Убрать тему { $n }
form-reason-hint = Зачем нужен звонок, одной-двумя фразами
form-roster = Состав: { $side }
form-person-add = Добавить человека
form-person-remove = Убрать: { $title }

fault-start = Укажите дату и время.
fault-past = Это время уже прошло. Выберите более позднее или отправьте, если так и задумано.
fault-minutes = Укажите длительность от 1 до 1440 минут.
fault-topics = Назовите хотя бы одну тему, каждую одной короткой строкой.
fault-reason = Напишите одной-двумя фразами, зачем нужен звонок.
fault-principals = В составе каждой стороны должно быть первое лицо.
fault-title = Каждому в составе нужна краткая должность.
fault-place = Для каждого в составе укажите, где он находится.
fault-roster = В составе не больше 64 человек.
fault-languages = Выберите не больше 16 языков.
