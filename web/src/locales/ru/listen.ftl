# Оригинал и перевод: что слышит слушатель и кого недостаёт.

listen = Что вы слышите
listen-original = Оригинал
listen-interpretation = Перевод
listen-both = Оба
listen-into = Язык перевода
listen-hears-original = Вы слышите оригинал.
listen-hears-interpretation = Вы слышите перевод. Язык: { $language }.
listen-hears-both = Вы слышите перевод, под ним тихо звучит оригинал. Язык: { $language }.
listen-instead = Сейчас для вас никто не переводит. Вы слышите оригинал.
listen-turn = Переводчик говорит по очереди.
listen-speaks = Переводит: { $person }
listen-you = Вы переводите: { $from } – { $to }.
listen-floor-from = Слышать только { $language }
listen-floor-all = Слышать всех

missed-missing-here = Вашего переводчика нет на месте ({ $language }). Вы слышите оригинал.
missed-silent-here = Ваш переводчик молчит ({ $language }). Вы слышите оригинал.
missed-missing-there = Нет переводчика на { $language }. Подождите, иначе вас не поймут.
missed-silent-there = Переводчик на { $language } молчит. Подождите, иначе вас не поймут.
missed-missing-turn = Нет переводчика на { $language }.
missed-silent-turn = Переводчик на { $language } молчит.
missed-silent-you = Вашего перевода никто не слышит. Проверьте микрофон и говорите.
missed-missing-desk = Никто не переводит на { $language }. Нет у терминала: { $person }.
missed-muted-desk = Никто не переводит на { $language }. Микрофон выключен: { $person }.
missed-silent-desk = Переводчик молчит, пока идёт речь. Об этом сообщает терминал: { $seats }.

term-interpretation = Перевод
interpretation-none = Без перевода
interpretation-consecutive = Последовательный: переводчик говорит после каждого
interpretation-simultaneous = Синхронный: каждый выбирает, что слышать
interprets = перевод: { $from } – { $to }
form-interprets-from = Переводит с языка
form-interprets-to = Переводит на язык
form-interprets-none = Выберите
form-interprets-hint = Переводчик стороны переводит её слова на другой язык. Добавьте по одному на каждый язык, который должен звучать.
fault-interpreters = Добавьте переводчика в список или откажитесь от перевода.
fault-direction = Выберите для каждого переводчика два разных языка.
