# Помещение: устройства, камера, экран зала, кто где сидит.

devices = Микрофон, камера и громкоговоритель
devices-open = Устройства
devices-change = Выбрать устройства
devices-close = Закрыть
devices-locked = Выбраны до звонка и закреплены до его окончания.
devices-unnamed = Браузер назовёт устройства, когда ему разрешат ими пользоваться.
devices-name = Разрешить браузеру назвать их
device-of = { $kind ->
    [microphone] Микрофон
    [camera] Камера
   *[loudspeaker] Громкоговоритель
}
device-used = { $kind ->
    [microphone] Микрофон: { $label }
    [camera] Камера: { $label }
   *[loudspeaker] Громкоговоритель: { $label }
}
device-chosen = Основное
device-spare = Запасное
device-default = То, что даёт система
device-no-spare = Нет
device-not-open = Сейчас не используется
device-try = Проверить запасное
device-try-speak = Говорите.
device-try-look = Идёт проверка изображения.
device-try-listen = Слушайте: звучит сигнал.
device-try-heard = Слышно
device-try-unheard = Не слышно
device-try-worked = Запасное устройство работает.
device-try-silent = От запасного устройства ничего не слышно.
device-try-covered = Объектив запасной камеры закрыт.
device-try-failed = Запасное устройство не открылось.
device-untried = Запасное устройство ещё не проверено.

profile = Звук на этом месте
profile-headset = Гарнитура
profile-headset-hint = Один человек в наушниках или с трубкой.
profile-speakerphone = Громкоговорители в помещении
profile-speakerphone-hint = То, что воспроизводит эта машина, убирается из того, что она отправляет.

device-gone = { $kind ->
    [microphone] Микрофон отключён от разъёма.
    [camera] Камера отключена от разъёма.
   *[loudspeaker] Громкоговоритель отключён от разъёма.
}
device-missing = { $kind ->
    [microphone] Выбранный микрофон не подключён.
    [camera] Выбранная камера не подключена.
   *[loudspeaker] Выбранный громкоговоритель не подключён.
}
device-shut = { $kind ->
    [microphone] Выбранный микрофон не открывается.
    [camera] Выбранная камера не открывается.
   *[loudspeaker] Выбранный громкоговоритель не открывается.
}
device-spare-in-use = Используется запасное устройство.
device-other-in-use = Вместо него используется: { $label }.
device-system-in-use = Используется то, что даёт система.
device-back = { $kind ->
    [microphone] Выбранный микрофон снова подключён и используется.
    [camera] Выбранная камера снова подключена и используется.
   *[loudspeaker] Выбранный громкоговоритель снова подключён и используется.
}

camera-covered = Похоже, Ваша камера закрыта. Откройте шторку или освободите объектив.
camera-dark = Для Вашей камеры слишком темно. Включите свет перед собой.
camera-backlit = Позади Вас гораздо больше света, чем на лице. Закройте штору или разверните место.
camera-frozen = Изображение Вашей камеры застыло. Отключите камеру и подключите её снова.

staff-show = Для персонала: удерживайте, чтобы показать инструменты
staff-hide = Скрыть инструменты
far-table = Другие за столом
far-more = { $n ->
    [one] и ещё { $n } человек
    [few] и ещё { $n } человека
   *[many] и ещё { $n } человек
}
