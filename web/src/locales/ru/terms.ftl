# Съёмка в условиях и то, о чём можно объявить заранее: в форме и при чтении.

form-footage-on = Несколько минут можно снять для прессы
form-footage-hint = Съёмка идёт, только если во время звонка её откроют обе стороны. Любая закрывает её сразу.
form-footage-minutes = Не дольше, минут
footage-persons = В кадре
footage-recorders = Снимает регистратор
form-footage-recorders-hint = Регистратор получает только эти минуты. В состав он добавляется сам.
footage-releasers = Выпускает ролики
form-release-both = Только с согласия другой стороны
form-release-either = Не спрашивая другую сторону
release-both = с согласия другой стороны
release-either = не спрашивая другую сторону
footage-embargo = Эмбарго
form-embargo-end = До конца звонка
form-embargo-time = До указанного времени
form-embargo-none = Нет
form-embargo-clock = Время: { $place }
embargo-end = до конца звонка
embargo-none = нет
embargo-until = до
term-announce = Объявление заранее
form-announce = О чём каждая сторона может объявить до звонка
announce-nothing = Ни о чём
announce-call = Что он состоится и когда
announce-topics = Ещё и кто его запросил, и темы

fault-footage-minutes = Укажите длительность съёмки от 1 до 1440 минут.
fault-footage-persons = Выберите, кто в кадре.
fault-footage-recorders = Выберите, чьи регистраторы участвуют.
fault-footage-releasers = Выберите, кто выпускает ролики.
fault-footage-embargo = Укажите дату и время, раньше которых ничего не выпускается.
