language-name = Русский

# Страница https://127.0.0.1:13579/
check-brand = Таңба
check-title = Агент «Таңба»: самопроверка
check-languages = Язык
check-verdict-good = Всё, что видно отсюда, работает
check-runs = Агент работает на этом компьютере, сайты могут обращаться через него к вашим ключам. Без вашего согласия он ничего не подписывает.
check-verdict-bad = Кое-что пока не работает
check-verdict-next = Неисправности отмечены ниже, там же сказано, как их устранить. Ваши ключи в безопасности.
check-no-script = В этом браузере отключены скрипты, поэтому то, что знает только браузер, не проверено: доверие и разрешение.
check-again = Проверить ещё раз
check-address = Адрес этой страницы:
check-version = Версия
check-certificate-until = Сертификат этой страницы действует до (агент обновляет его сам)
check-state-good = работает
check-state-note = к сведению
check-state-bad = нужно исправить
check-cause-config = Настройки агента
check-cause-port = Агент и его порт
check-cause-trust = Доверие браузеров
check-cause-permission = Разрешение браузера
check-cause-clock = Часы
check-cause-files = Файлы агента
check-cause-start = Запуск при входе в систему
check-cause-grants = Разрешения сайтам
check-cause-keys = Файлы ключей
check-cause-driver = Драйверы токенов
check-cause-reader = Считыватели карт
check-trust-good = Этот браузер доверяет агенту.
check-trust-hand = В этом браузере сертификат принят вручную и только для одного адреса. Многие сайты обращаются по другому адресу и агента не находят.
check-trust-socket = Страница открылась, но браузер не может соединиться с агентом так, как это делают сайты.
check-trust-socket-repair = Выполните tanba-agent install и перезапустите браузер. Если не помогло, исключите 127.0.0.1 из проверки антивируса и прокси и отключите расширения, которые блокируют запросы.
check-permission-asks = Этот браузер пускает каждый сайт к программам компьютера только после вашего разрешения.
check-permission-denied = Этому браузеру запрещено пускать сайты к программам компьютера.
check-permission-how = Если сайт не находит агента: откройте этот сайт, нажмите кнопку слева от адреса и разрешите «Доступ к локальной сети» («Приложения на устройстве»). Если переключатель заблокирован, его установил администратор.
check-permission-none = Этот браузер не требует разрешения, чтобы сайты обращались к агенту.

# Диалоги
ask-title-login = Аутентификация
ask-title-signature = Подпись данных
ask-title-key-information = Показать ключ сайту
ask-title-time-stamp = Метка времени на подпись
ask-title-file = Выбор файла
ask-site = Запрос от сайта { $origin }.
ask-clock-is-wrong = Часы компьютера ошибаются на годы, поэтому проверить срок действия ключей нельзя. С ключами всё в порядке. Установите верное время и повторите.
ask-documents = { $count ->
    [one] На подпись: { $count } документ:
    [few] На подпись: { $count } документа:
   *[many] На подпись: { $count } документов:
}
ask-documents-more = … и ещё { $count }, подписываются вместе с этими.
ask-octets = { $count ->
    [one] { $count } байт
    [few] { $count } байта
   *[many] { $count } байт
}
ask-file =    Файл: { $path }
ask-form-text = Текст
ask-form-xml = XML
ask-form-binary = Данные, не текст
ask-form-digest = Только хеш: что за ним стоит, знает лишь сайт
ask-form-signature = Готовая подпись, к которой добавится ваша
ask-form-detached-signature = Готовая подпись документа, которого в ней нет: что подписывается, знает лишь сайт
ask-form-application = Документ личного кабинета
ask-empty-lines = { $count ->
    [one] [… { $count } пустая строка …]
    [few] [… { $count } пустые строки …]
   *[many] [… { $count } пустых строк …]
}
ask-blanks = { $count ->
    [one] [… { $count } пробел …]
    [few] [… { $count } пробела …]
   *[many] [… { $count } пробелов …]
}
ask-more-lines = { $count ->
    [one] Ниже ещё { $count } строка
    [few] Ниже ещё { $count } строки
   *[many] Ниже ещё { $count } строк
}
ask-text-ends = Это конец текста.
ask-text-is-cut =    … текст продолжается.
ask-digest =    SHA-256: { $digest }
ask-digest-only =    Хеш: { $digest }
ask-digest-unusual =    Это не хеш обычного вида: такую подпись никто не сможет проверить.
ask-first-login = Сайт { $origin } ещё ни разу не просил вас войти по вашим ключам.
ask-first-signature = Сайт { $origin } ещё ни разу не просил вашу подпись.
ask-first-keys = Сайт { $origin } ещё ни разу не управлял вашими ключами.
ask-allow-site = Разрешить этому сайту обращаться к вам? Согласие всё равно спрашивается каждый раз. [да/нет]
ask-site-file = Сайт называет файл { $path }. Файл будет прочитан, только если вы разрешите, а перед подписью вас спросят ещё раз.
ask-storages = Тип хранилища:
ask-choose-storage = Номер хранилища:
ask-no-containers = В обычных папках нет файлов ключей, защищённый носитель не подключён.
ask-containers = Путь к хранилищу:
ask-tries-left = { $count ->
    [one] осталась { $count } попытка
    [few] осталось { $count } попытки
   *[many] осталось { $count } попыток
}
ask-choose-file = Номер или путь к файлу ключа (Enter обновляет список, «отмена» завершает):
ask-choose-token = Номер носителя (Enter обновляет список, «отмена» завершает):
ask-password = Пароль на хранилище ключей:
ask-pin = PIN-код носителя:
ask-password-from-page = Паролем этого ключа распоряжается сам сайт (старый интерфейс).
ask-title-new-keys = Создание новых ключей
ask-title-install = Установка сертификатов
ask-title-change = Смена пароля хранилища ключей
ask-password-new = Новый пароль:
ask-password-again = Новый пароль ещё раз:
ask-password-differs = Пароли не совпадают. Ничего не изменено, введите оба заново.
ask-password-chosen = Пароль, который вы выбрали при создании ключей:
ask-final-keys = Продолжить?
password-too-short = Пароль должен содержать не менее 6 символов
password-too-long = Пароль должен быть не длиннее 32 символов
password-lacks-lower-case = В пароле нужна латинская буква нижнего регистра (строчная)
password-lacks-upper-case = В пароле нужна латинская буква верхнего регистра (заглавная)
password-lacks-digit = В пароле нужна цифра
password-not-text = Такой пароль не может быть у файла ключей: это не текст
ask-pin-new = Новый PIN-код:
ask-pin-again = Новый PIN-код ещё раз:
ask-factory-pin = Это PIN-код, с которым носитель выпустил производитель: его знают все. Выберите сейчас другой; ваши ключи останутся как есть.
ask-pin-was-wrong =      Ранее был введён неверный PIN-код; новые ошибки заблокируют носитель.
pin-too-short = В PIN-коде должно быть не меньше 4 знаков
pin-not-typable = PIN-код может состоять только из латинских букв, цифр и знаков
pin-same = Новый PIN-код совпадает со старым
pin-factory = Этот PIN-код знают все: с ним носитель выпустил производитель
ask-keys = Ключи:
ask-key-validity =      срок действия: { $from } – { $until }
ask-key-facts =      серийный номер { $serial }, издатель { $issuer }, { $algorithm }
ask-choose-key = Номер ключа (Enter — первый, «отмена» завершает):
ask-no-such-choice = Такого варианта нет или использовать его нельзя.
ask-no-usable-key = Ни один ключ не подходит под запрос сайта, причины указаны рядом. Выберите другое хранилище.
ask-yes-or-no = [да/нет]
ask-final-login = Войти на { $origin } как { $owner }?
ask-final-signature = { $count ->
    [one] Подписать { $count } документ для { $origin } от имени { $owner }?
    [few] Подписать { $count } документа для { $origin } от имени { $owner }?
   *[many] Подписать { $count } документов для { $origin } от имени { $owner }?
}
ask-final-key-information = Показать сайту { $origin } сертификат { $owner }? Ничего не подписывается.
ask-final-time-stamp = Поставить метку времени на подпись { $owner } для { $origin }?
ask-file-ending = Нужен файл с расширением .{ $ending }
ask-file-path = Полный путь («отмена» завершает):
ask-no-such-file = По этому пути нет ни файла, ни папки.
ask-word-yes = да д
ask-word-no = нет н
ask-word-cancel = отмена
ask-withdrawn = Сайт отозвал свой запрос. Ничего не подписано.
ask-cancelled = Отменено. Ничего не подписано, с ключами всё по-прежнему.

# Окно
window-site = Запрашивает сайт
window-new-site = Этот сайт обращается впервые
window-new-site-note = Даже с разрешением сайт не может пользоваться вашим ключом сам: согласие спрашивается каждый раз. Разрешение можно отозвать позже: tanba-agent grants revoke.
window-keystore = Хранилище ключей
window-storage = Тип хранилища
window-refresh = Обновить список ключей
window-other-file = Другой файл
window-path = Полный путь к файлу
window-look-in-folders = Найти в папках
window-folder-up = На папку выше
window-folder-closed = Эту папку нельзя прочитать. Выберите другую или введите путь к файлу.
window-no-token = Носитель не подключён. Подключите его и обновите список.
window-no-files = В обычных папках нет файлов ключей. Укажите путь к файлу.
window-show = Показать
window-hide = Скрыть
window-caps-lock = Включён Caps Lock.
window-other-layout = Раскладка клавиатуры не латинская. Пароль обычно состоит из латинских букв.
window-password-stays = То, что вы введёте, остаётся на этом компьютере: сайт этого не видит.
window-opening = Хранилище открывается…
window-open = Открыть хранилище
window-keys = Ключи
window-owner = Владелец
window-validity = Срок действия
window-serial = Серийный номер
window-issuer = Издатель
window-algorithm = Алгоритм
window-sign = Подписать
window-login = Войти
window-tell = Показать сайту
window-stamp = Поставить метку времени
window-allow = Разрешить
window-deny = Не разрешать
window-choose = Выбрать
window-make = Создать ключи
window-install = Установить
window-change = Сменить
window-go = Продолжить
window-cancel = Отмена

fault-wrong-secret = Неверный пароль. С ключами всё по-прежнему, введите пароль ещё раз.
fault-wrong-secret-tries = { $count ->
    [one] Неверный PIN-код. Осталась { $count } попытка, затем носитель заблокируется.
    [few] Неверный PIN-код. Осталось { $count } попытки, затем носитель заблокируется.
   *[many] Неверный PIN-код. Осталось { $count } попыток, затем носитель заблокируется.
}
fault-blocked = Носитель заблокирован: слишком много неверных PIN-кодов. Ключи в нём целы, но пользоваться ими нельзя; разблокировать может тот, кто выдал носитель.
fault-absent = Хранилища больше нет на месте. Подключите носитель или выберите файл заново; с ключами всё по-прежнему.
fault-slow = Диск или носитель не отвечает. С ключами всё по-прежнему; проверьте соединение и повторите.
fault-not-a-container = Этот файл не хранилище ключей. Выберите файл с расширением .p12; ничего не изменено.
fault-damaged = Файл повреждён. Возьмите другую его копию; ничего не изменено.
fault-unsupported = Это хранилище здесь использовать нельзя: { $reason }. С ключами всё по-прежнему; выберите другое хранилище.
fault-empty = Внутри нет ключа. Выберите другое хранилище; ничего не изменено.
fault-forbidden = Система не даёт агенту прочитать этот файл. Проверьте права доступа; ничего не изменено.

unusable-expired = срок действия сертификата истёк: получите новые ключи
unusable-not-yet-valid = срок действия сертификата ещё не наступил: проверьте часы компьютера
unusable-other-purpose = этот ключ для другого
unusable-other-owner = сайту нужен ключ другого лица или организации
unusable-other-certificate = сайту нужен другой сертификат
unusable-other-issuer = сайту нужен сертификат другого удостоверяющего центра
unusable-no-certificate = ключ ждёт свой сертификат: установите его
unusable-unsupported = алгоритм пока не поддерживается
unusable-other-password = у ключа собственный пароль
unusable-damaged = ключ повреждён: возьмите другую копию файла

storage-pkcs12 = Персональный компьютер
storage-jks = Хранилище Java
storage-id-card = Удостоверение личности
storage-kaztoken = Kaztoken
storage-etoken-72k = eToken PRO (Java, 72K)
storage-etoken-5110 = eToken 5110
storage-jacarta = JaCarta
storage-akey = aKey

summary-kind = Вид документа
summary-kind-reissue = перевыпуск ключей
summary-kind-first = получение первых ключей
summary-kind-revocation = отзыв ключей
summary-kind-login = вход в личный кабинет
summary-kind-desk = вход на рабочее место центра регистрации
summary-kind-installation = проверка нового ключа
summary-origin = Сайт
summary-number = Номер заявки
summary-created = Составлен
summary-surname = Фамилия
summary-given-name = Имя
summary-patronymic = Отчество
summary-iin = ИИН
summary-country = Страна
summary-email = E-mail
summary-region = Область (город)
summary-settlement = Населённый пункт
summary-keystore = Хранилище для новых ключей
summary-key-purpose = Новый ключ
summary-key-algorithm = Алгоритм ключа
summary-key-digest = Контрольная сумма открытого ключа (SHA-256)
summary-event = Что произошло
summary-event-lost = ключ утерян или украден
summary-event-data-changed = мои данные изменились
summary-event-not-needed = больше не нужен
summary-event-replaced = заменён новым
summary-reason = Причина, которую увидят проверяющие
summary-certificate = Отзываемый ключ
summary-serial = Серийный номер
summary-kept-in = Хранилище ключей
summary-until = Конец срока действия
summary-purpose-authentication = для входа
summary-purpose-signature = для подписи документов
summary-none = нет
summary-act = Действие
summary-step = Решение
summary-person = О ком
summary-identification = Способ идентификации
summary-decision-reason = Причина
summary-remark = Примечание
summary-operator = Подписывающий сотрудник
summary-role = Роль
summary-centre = Центр регистрации
summary-document-digest = Контрольная сумма заявки (SHA-256)
summary-first-digest = Контрольная сумма первого документа (SHA-256)
summary-email-before = Прежний e-mail
summary-change = Изменение
summary-issuer = Удостоверяющий центр
summary-profile = Профиль
summary-profile-all = все
summary-order-reason = Причина
summary-act-application = Решение по заявке
summary-act-freeze = Приостановить ключи
summary-act-release = Снять приостановку
summary-act-revoke = Отозвать свидетельства
summary-act-email = Сменить электронную почту
summary-act-names = Исправить имя
summary-act-stop-issuance = Остановка выпуска
summary-act-start-issuance = Возобновление выпуска
summary-step-approve = одобрено
summary-step-reject = отказано
summary-step-propose = предложено, ждёт второй подписи
summary-step-confirm = подтверждено вторым сотрудником
summary-step-withdraw = снято
summary-identification-operator = По документу, оператором лично
summary-identification-remote = Удалённо
summary-identification-digital-id = Удалённо, через Digital-ID
summary-identification-ai-platform = Удалённо, через «AI Platform»
summary-identification-none = Человек не являлся
summary-decision-reason-data-differs = Данные заявки не совпадают с документом
summary-decision-reason-document-invalid = Документ недействителен или повреждён
summary-decision-reason-not-the-same-person = Пришедший не является владельцем документа
summary-decision-reason-register-differs = Данные реестра отличаются
summary-decision-reason-own-wish = По желанию самого человека
summary-decision-reason-key-lost = Ключ или пароль утерян либо попал в чужие руки
summary-decision-reason-data-changed = Данные человека изменились
summary-decision-reason-not-needed = Ключи больше не нужны
summary-decision-reason-death = Человек умер
summary-decision-reason-authority = Решение суда или уполномоченного органа
summary-decision-reason-alarm-over = Человек подтвердил личность, угрозы нет
summary-decision-reason-endangered-revoked = Свидетельства ключей, попавших под угрозу, отозваны
summary-decision-reason-other = Другая причина
summary-role-operator = Оператор центра регистрации
summary-role-senior-operator = Старший оператор центра регистрации
summary-role-administrator = Администратор удостоверяющего центра
summary-role-auditor = Аудитор (только чтение)

doctor-config-broken = Настройки агента не читаются, поэтому он не запускается:
doctor-config-repair = Исправьте эту строку файла или удалите файл: без него всё работает как обычно. С вашими ключами ничего не случилось.
doctor-identity = TLS-сертификат этой установки:
doctor-identity-broken = TLS-сертификат использовать нельзя; ваших ключей это не касается:
doctor-port-answers = Агент отвечает по адресу
doctor-port-silent = Агент не запущен (запустите «tanba-agent run»), никто не отвечает по адресу
doctor-grants = Разрешений выдано сайтам:
doctor-grants-broken = Список разрешений не читается; пока это не исправлено, всем сайтам будет отказано:
doctor-key-files = Файлов ключей в обычных папках:
doctor-broken = { $count ->
    [one] { $count } пункт не работает; ваши ключи целы
    [few] { $count } пункта не работают; ваши ключи целы
   *[other] { $count } пунктов не работают; ваши ключи целы
}
doctor-identity-absent = У этой установки ещё нет TLS-сертификата:
doctor-identity-absent-repair = Выполните tanba-agent install: команда создаст его и сообщит о нём браузерам.
doctor-identity-repair = Удалите папку, запустите агент заново и выполните tanba-agent install. Ваши ключи лежат не там, они целы.
doctor-port-start = Запустите его: tanba-agent run; после tanba-agent install он запускается вместе с сеансом.
doctor-port-other = Порт занят: отвечает другая программа или агент другого пользователя:
doctor-port-free = Закройте эту программу (чаще всего это NCALayer), затем запустите агент.
doctor-trust = Браузер доверяет агенту:
doctor-trust-old = Браузер доверяет прежней установке агента:
doctor-trust-missing = Браузер пока не доверяет агенту:
doctor-trust-untrusted = Сертификат агента в браузере есть, но браузер ему не доверяет:
doctor-trust-repair = Выполните tanba-agent install и перезапустите браузер.
doctor-trust-unknown = Не удалось узнать, доверяет ли браузер агенту:
doctor-trust-slow = База сертификатов не отвечает: возможно, она находится на недоступном диске:
doctor-trust-elsewhere = Доверяет ли браузер агенту, видно по странице самого агента (её адрес выше, перед ним https://): если она открывается без предупреждения, доверяет; иначе выполните tanba-agent install.
doctor-start = Агент запускается вместе с сеансом.
doctor-start-missing = Агент не запускается вместе с сеансом; если нужно: tanba-agent install.
doctor-permission = Разрешение браузера отсюда не видно. Если сайт не находит агент, разрешите этому сайту доступ к локальной сети кнопкой слева от адреса.
doctor-grants-repair = Исправьте файл или удалите его: тогда сайты спросят заново.
doctor-no-driver = Драйверы устройств не найдены. Если у вас есть устройство, установите драйвер производителя или OpenSC; если драйвер лежит в другом месте, укажите его в agent.toml ([tokens] modules).
doctor-driver-broken = Драйвер устройства не загружается:
doctor-driver-repair = Переустановите драйвер или исправьте путь к нему в agent.toml. Ключи в устройстве целы.
doctor-driver-silent = Драйвер устройства не отвечает:
doctor-driver-silent-repair = Отключите устройство, подключите снова и перезапустите агент.
doctor-no-reader = Драйвер работает, но не видит считывателя. Подключите считыватель или токен; если подключён, запустите службу pcscd:
doctor-no-token = Драйвер работает, устройство не подключено:
doctor-token = Устройство подключено:
doctor-token-unknown = Устройство подключено, но агент не знает его вида:
doctor-token-unknown-repair = Назовите вид в agent.toml: в разделе [[tokens.kind]] manufacturer, model или label и storage.
doctor-readers = Служба считывателей карт работает:
doctor-readers-missing = Служба считывателей карт не запущена; она нужна для удостоверения личности и смарт-карт (пакет pcscd):
doctor-clock = Часы компьютера похожи на верные:
doctor-clock-behind = Часы компьютера отстают на годы:
doctor-clock-ahead = Часы компьютера спешат на годы:
doctor-clock-repair = Установите дату и время, лучше всего по сети; иначе ключи выглядят просроченными или ещё не действующими. С ними самими ничего не случилось.
doctor-files = Файлы агента читаете только вы:
doctor-files-open = Другие пользователи компьютера могут прочитать файл агента:
doctor-files-repair = Отберите у них права (chmod -R go-rwx для этой папки). Если компьютером пользуются другие люди, удалите также папку identity и выполните tanba-agent install: агент создаст новый сертификат. Файлы ваших ключей защищены своими паролями.
doctor-readers-silent = Служба считывателей карт не отвечает:
doctor-readers-repair = Перезапустите её: systemctl restart pcscd.socket pcscd. Ключи на картах в безопасности.
setup-browser = Браузер будет доверять агенту
setup-browser-forget = Браузер больше не доверяет агенту
setup-browser-database = База сертификатов, заведённая для агента, удаляется, если она пуста
setup-system = Вся система будет доверять агенту
setup-system-forget = Вся система больше не доверяет агенту
setup-start = Агент запускается вместе с сеансом
setup-no-start = Агент больше не запускается вместе с сеансом
setup-no-certutil = Нужна программа certutil: установите пакет libnss3-tools (Debian, Ubuntu) или nss-tools (Fedora) и повторите.
setup-missing = В системе нет этой программы; установите её и повторите.
setup-failed = Это не выполнено; причина в журнале. Проверьте права и повторите: выполненные шаги не повредят.
setup-administrator = Это может только администратор компьютера. Выполните команду выше с его правами; остальному это не мешает.
setup-not-with-sudo = выполните это без sudo, как { $user }: ключ агента у каждого пользователя свой. Если нужно хранилище всей системы (--system-store), права администратора агент запросит сам; пока ничего не изменилось
setup-locked = Этот профиль браузера защищён основным паролем: пока пароль не введён, профиль агенту не доверяет. В профиле ничего не изменилось. Выполните tanba-agent install в терминале и введите основной пароль, когда его спросит certutil.
setup-password-asked = Этот профиль браузера защищён основным паролем. Сейчас его спросит certutil, агент пароля не видит:
setup-incomplete = выполнено не всё; ваши ключи целы
setup-done = Готово. Перезапустите браузер и откройте { $address }.
setup-done-start = Готово. В следующий раз агент запустится сам, а сейчас запустите его: tanba-agent run. Затем перезапустите браузер и откройте { $address }.
setup-still-runs = Агент, который сейчас работает, остановится только в конце сеанса. Чтобы остановить его сразу, выйдите из системы и войдите снова.
setup-press-enter = Нажмите Enter, чтобы закрыть это окно.
setup-no-identity = Ключ этой установки удалён: доверием, которое было у браузеров, никто не воспользуется
setup-undone = Готово. Ваши ключи и разрешения остались в папке агента.

# Командная строка
cli-about = Даёт сайтам пользоваться ключами этого компьютера, каждый раз с вашего согласия.
cli-run-about = Слушать на этом компьютере и отвечать сайтам, пока не остановят
cli-install-about = Добавить агента в доверенные браузеров и запускать его при входе в систему
cli-uninstall-about = Отменить сделанное командой install
cli-doctor-about = Сказать, что работает, а что нет, и как это исправить; ничего не меняет
cli-grants-about = Сайты, которым разрешено обращаться к ключам
cli-grants-list-about = Показать сайты и что разрешено каждому
cli-grants-revoke-about = Отозвать разрешение сайта; потом о нём спросят заново
cli-identity-about = TLS-сертификат этой установки
cli-identity-show-about = Показать центр, которому должны доверять браузеры, и сертификат, который они видят
cli-arg-data = Папка для сертификата, разрешений и настроек вместо папок этого пользователя
cli-arg-config = Файл настроек вместо файла этого пользователя
cli-arg-verbose = Вести подробный журнал
cli-arg-lang = Язык: kk, ru или en; иначе по LC_ALL, LC_MESSAGES или LANG
cli-arg-help = Показать справку
cli-arg-version = Показать версию
cli-arg-ui = Как вас спрашивать: window (в окне), terminal (в терминале) или auto (в окне, если есть экран)
cli-arg-dry-run = Показать, что будет сделано, и ничего не делать
cli-arg-system = Показать для другой системы: linux, windows или macos (только с --dry-run)
cli-arg-system-store = Изменить и хранилище всей системы; для её администратора
cli-arg-wait = В конце ждать Enter (если терминал сразу закрывается)
cli-arg-json = Вывести JSON
cli-arg-origin = Сайт, как его показывает grants list
cli-arg-usage = Только одно разрешение: login, signature или keys
cli-usage = Использование
cli-commands = Команды
cli-options = Параметры
cli-arguments = Аргументы
cli-wrong-command = нет команды { $name }
cli-wrong-argument = неизвестный аргумент { $name }
cli-wrong-value = значение { $value } не подходит для { $name }
cli-missing = не хватает: { $name }
cli-missing-command = назовите команду: { $name }
cli-wrong-usage = команда так не используется
cli-see-help = Подробнее: tanba-agent --help
cli-no-home = в окружении не задана домашняя папка; укажите папку через --data или задайте HOME
cli-no-config = файла настроек { $path } нет; укажите существующий или уберите --config
cli-config-unread = файл настроек { $path } не читается; ваши ключи целы
cli-config-mistake = в настройках { $path } ошибка в строке { $line }: { $written }
cli-config-unknown = в настройках { $path } ошибка в строке { $line }: { $written }; настройки { $name } нет, здесь могут быть: { $known }
cli-config-stamps = в { $path } значение time-stamp.url должно начинаться с http:// (метка времени подписана, TLS ей не нужен); пустое значение отключает метки времени
cli-no-use = нет разрешения { $name }; есть login, signature и keys
cli-no-grant = у { $origin } такого разрешения нет; посмотрите: tanba-agent grants list
cli-revoked = отозвано: { $count }
cli-grants-unread = файл разрешений { $path } не читается или не записывается
cli-grants-damaged = файл разрешений { $path } повреждён; удалите его, и о каждом сайте спросят заново
cli-port-taken = порт { $port } занят другой программой: NCALayer или другим агентом; закройте её и запустите эту
cli-port-refused = порт { $port } нельзя слушать
cli-identity-unread = файл { $path } не читается или не записывается
cli-identity-damaged = файл { $path } повреждён; удалите его папку и выполните tanba-agent install: агент создаст новый сертификат, а ваши ключи лежат не там
cli-identity-clock = часы компьютера показывают { $now }, а агент установлен позже; исправьте часы
cli-identity-unmade = TLS-сертификат не удалось создать или применить; ваших ключей это не касается
cli-no-output = вывод нельзя записать
cli-no-random = операционная система не даёт случайных чисел; ничего не создано
cli-no-memory-guard = память программы нельзя закрыть от других, поэтому она не запускается
cli-no-system = система отказала в том, без чего агент не работает
cli-no-issuers = файл удостоверяющих центров { $path } не читается
cli-empty-issuers = в файле { $path } нет сертификатов
cli-identity-authority = центр
cli-identity-file = файл
cli-identity-digest = SHA-256
cli-identity-until = действует до
cli-identity-certifies = удостоверяет только
cli-identity-server = серийный номер сертификата сервера
cli-identity-server-until = сертификат сервера действует до
