language-name = Қазақша

# https://127.0.0.1:13579/ беті
check-title = «Таңба» агенті
check-runs = Агент осы компьютерде жұмыс істеп тұр, сайттар сіздің кілттеріңізге сол арқылы жүгіне алады. Сіздің келісіміңізсіз ол ештеңеге қол қоймайды.
check-trusted = Бұл браузер агентке сенеді: бет ескертусіз ашылды немесе оның сертификатын өзіңіз қабылдадыңыз.
check-version = Нұсқасы
check-certificate-until = Осы бет сертификатының мерзімі бітетін уақыт (агент оны өзі жаңартады)
check-next = Егер сайт бәрібір агент іске қосылмаған десе, сол сайтқа жергілікті желі құрылғыларына қатынасуға рұқсат беріңіз: мекенжайдың сол жағындағы түйме.

# Сұхбат терезелері
ask-title-login = Қолданушыны түпнұсқаландыру
ask-title-signature = Деректерге қол қою
ask-title-key-information = Кілт туралы ақпаратты сайтқа көрсету
ask-title-time-stamp = Қолтаңбаға уақыт белгісін қою
ask-title-file = Файлды таңдау
ask-site = Сұрап тұрған сайт: { $origin }.
ask-clock-is-wrong = Компьютердің сағаты бірнеше жылға қате, сондықтан кілттердің мерзімін тексеру мүмкін емес. Кілттеріңіз аман. Сағатты дұрыстап, қайталап көріңіз.
ask-documents = { $count ->
    [one] Қол қойылатын { $count } құжат:
   *[other] Қол қойылатын { $count } құжат:
}
ask-documents-more = … және осылармен бірге қол қойылатын тағы { $count } құжат.
ask-octets = { $count ->
    [one] { $count } байт
   *[other] { $count } байт
}
ask-file =    Файл: { $path }
ask-form-text = Мәтін
ask-form-xml = XML
ask-form-binary = Мәтін емес деректер
ask-form-digest = Тек хеш: оның артында не тұрғанын сайт қана біледі
ask-form-signature = Дайын қолтаңба, оған сіздікі қосылады
ask-form-application = Жеке кабинет құжаты
ask-text-is-cut =    … мәтіннің жалғасы бар.
ask-digest =    SHA-256: { $digest }
ask-digest-only =    Хеш: { $digest }
ask-digest-unusual =    Бұл SHA-256 хеші емес: мұндай қолтаңбаны ешкім тексере алмайды.
ask-first-login = { $origin } сайты бұрын сізден кілтпен кіруді сұраған емес.
ask-first-signature = { $origin } сайты бұрын сізден қол қоюды сұраған емес.
ask-first-keys = { $origin } сайты бұрын кілттеріңізді басқарған емес.
ask-allow-site = Осы сайтқа сұрауға рұқсат бересіз бе? Келісіміңіз бәрібір әр жолы сұралады. [иә/жоқ]
ask-storages = Сақтау орнының түрі:
ask-choose-storage = Сақтау орнының нөмірі:
ask-no-containers = Әдеттегі қалталарда кілт файлдары табылмады, қауіпсіз сақтау құрылғысы қосылмаған.
ask-containers = Сақтау орнының жолы:
ask-tries-left = { $count ->
    [one] { $count } мүмкіндік қалды
   *[other] { $count } мүмкіндік қалды
}
ask-choose-file = Кілт файлының нөмірі немесе жолы (Enter – тізімді жаңарту, «болдырмау» – аяқтау):
ask-choose-token = Құрылғының нөмірі (Enter – тізімді жаңарту, «болдырмау» – аяқтау):
ask-password = Кілттер қоймасының құпиясөзі:
ask-pin = Құрылғының PIN-коды:
ask-password-from-page = Бұл кілттің құпиясөзін сайттың өзі пайдаланып отыр (ескі интерфейс).
ask-title-new-keys = Жаңа кілттер жасау
ask-title-install = Сертификаттарды орнату
ask-title-change = Кілттер қоймасының құпиясөзін ауыстыру
ask-password-new = Жаңа құпиясөз:
ask-password-again = Жаңа құпиясөзді қайталаңыз:
ask-password-differs = Екі құпиясөз бірдей емес. Ештеңе өзгертілген жоқ, екеуін де қайта енгізіңіз.
ask-password-chosen = Кілттерді жасағанда таңдаған құпиясөзіңіз:
ask-final-keys = Жалғастырасыз ба?
password-too-short = Құпиясөз кемінде 6 таңбадан тұруы керек
password-too-long = Құпиясөз 32 таңбадан аспауы керек
password-lacks-lower-case = Құпиясөзде төменгі регистрдегі (кіші) латын әрпі болуы керек
password-lacks-upper-case = Құпиясөзде жоғарғы регистрдегі (бас) латын әрпі болуы керек
password-lacks-digit = Құпиясөзде цифр болуы керек
password-not-text = Кілт файлының құпиясөзі мұндай бола алмайды: бұл мәтін емес
ask-pin-new = Жаңа PIN-код:
ask-pin-again = Жаңа PIN-кодты қайталаңыз:
ask-factory-pin = Бұл — өндіруші қойған PIN-код, оны бәрі біледі. Қазір басқасын таңдаңыз; кілттеріңіз сол күйінде қалады.
ask-pin-was-wrong =      Бұған дейін қате PIN-код енгізілген; қате қайталана берсе, құрылғы бұғатталады.
pin-too-short = PIN-код кемінде 4 таңбадан тұруы керек
pin-not-typable = PIN-код тек латын әріптерінен, цифрлардан және белгілерден тұра алады
pin-same = Жаңа PIN-код бұрынғысымен бірдей
pin-factory = Бұл PIN-кодты бәрі біледі: оны құрылғыға өндіруші қойған
ask-keys = Кілттер:
ask-key-validity =      әрекет ету мерзімі: { $from } – { $until }
ask-key-facts =      сериялық нөмірі { $serial }, шығарушысы { $issuer }, { $algorithm }
ask-choose-key = Кілттің нөмірі (Enter – біріншісі, «болдырмау» – аяқтау):
ask-no-such-choice = Мұндай таңдау жоқ немесе оны пайдалануға болмайды.
ask-no-usable-key = Бұл кілттердің ешқайсысы сайттың сұрағанына сай емес, себептері қастарында жазылған. Басқа кілттер қоймасын таңдаңыз.
ask-yes-or-no = [иә/жоқ]
ask-final-login = { $origin } сайтына { $owner } атынан кіресіз бе?
ask-final-signature = { $count ->
    [one] { $origin } сайты үшін { $count } құжатқа { $owner } атынан қол қоясыз ба?
   *[other] { $origin } сайты үшін { $count } құжатқа { $owner } атынан қол қоясыз ба?
}
ask-final-key-information = { $owner } сертификатын { $origin } сайтына көрсетесіз бе? Ештеңеге қол қойылмайды.
ask-final-time-stamp = { $origin } сайты үшін { $owner } қолтаңбасына уақыт белгісін қоясыз ба?
ask-file-ending = .{ $ending } кеңейтімі бар файл керек
ask-file-path = Толық жолы («болдырмау» – аяқтау):
ask-no-such-file = Бұл жолда файл да, қалта да жоқ.
ask-word-yes = иә и
ask-word-no = жоқ ж
ask-word-cancel = болдырмау
ask-withdrawn = Сайт сұрауын қайтарып алды. Ештеңеге қол қойылған жоқ.
ask-cancelled = Бас тартылды. Ештеңеге қол қойылған жоқ, кілттеріңіз сол қалпында.

fault-wrong-secret = Құпиясөз қате. Кілттеріңіз сол қалпында, құпиясөзді қайта енгізіңіз.
fault-wrong-secret-tries = { $count ->
    [one] PIN-код қате. Тағы { $count } мүмкіндік қалды, одан кейін құрылғы бұғатталады.
   *[other] PIN-код қате. Тағы { $count } мүмкіндік қалды, одан кейін құрылғы бұғатталады.
}
fault-blocked = Қате PIN-код тым көп енгізілгендіктен құрылғы бұғатталды. Ішіндегі кілттер аман, бірақ оларды пайдалану мүмкін емес; бұғатты құрылғыны берген ұйым аша алады.
fault-absent = Кілттер қоймасы орнында жоқ. Құрылғыны қосыңыз немесе файлды қайта таңдаңыз; кілттеріңіз сол қалпында.
fault-slow = Диск немесе құрылғы жауап бермейді. Кілттеріңіз сол қалпында; байланысты тексеріп, қайталап көріңіз.
fault-not-a-container = Бұл файл кілттер қоймасы емес. Кеңейтімі .p12 файлды таңдаңыз; ештеңе өзгертілген жоқ.
fault-damaged = Файл бүлінген. Оның басқа көшірмесін пайдаланыңыз; ештеңе өзгертілген жоқ.
fault-unsupported = Бұл кілттер қоймасын мұнда пайдалануға болмайды: { $reason }. Кілттеріңіз сол қалпында; басқа қойманы таңдаңыз.
fault-empty = Ішінде кілт жоқ. Басқа кілттер қоймасын таңдаңыз; ештеңе өзгертілген жоқ.
fault-forbidden = Жүйе агентке бұл файлды оқуға рұқсат бермейді. Файлға қатынасу құқықтарын тексеріңіз; ештеңе өзгертілген жоқ.

unusable-expired = сертификаттың мерзімі өтіп кеткен: жаңа кілттер алыңыз
unusable-not-yet-valid = сертификаттың мерзімі әлі басталмаған: компьютердің сағатын тексеріңіз
unusable-other-purpose = бұл кілт басқа мақсатқа арналған
unusable-other-owner = сайтқа басқа тұлғаның немесе ұйымның кілті керек
unusable-other-certificate = сайтқа басқа сертификат керек
unusable-other-issuer = сайтқа басқа куәландырушы орталықтың сертификаты керек
unusable-no-certificate = кілт сертификатын күтіп тұр: оны орнатыңыз
unusable-unsupported = алгоритмге әзірге қолдау жоқ
unusable-other-password = кілттің өз құпиясөзі бар
unusable-damaged = кілт бүлінген: файлдың басқа көшірмесін пайдаланыңыз

storage-pkcs12 = Дербес компьютер
storage-jks = Java кілттер қоймасы
storage-id-card = Жеке куәлік
storage-kaztoken = Kaztoken
storage-etoken-72k = eToken PRO (Java, 72K)
storage-etoken-5110 = eToken 5110
storage-jacarta = JaCarta
storage-akey = aKey

summary-kind = Құжат түрі
summary-kind-reissue = кілттерді қайта шығару
summary-kind-first = алғашқы кілттерді алу
summary-kind-revocation = кілттерді кері шақыру
summary-kind-login = жеке кабинетке кіру
summary-kind-installation = жаңа кілтті тексеру
summary-origin = Сайт
summary-number = Өтінім нөмірі
summary-created = Жасалған уақыты
summary-surname = Тегі
summary-given-name = Аты
summary-patronymic = Әкесінің аты
summary-iin = ЖСН
summary-country = Ел
summary-email = E-mail
summary-region = Облыс (қала)
summary-settlement = Елді мекен
summary-keystore = Жаңа кілттер қоймасы
summary-key-purpose = Жаңа кілт
summary-key-algorithm = Кілт алгоритмі
summary-key-digest = Ашық кілттің бақылау қосындысы (SHA-256)
summary-event = Не болды
summary-event-lost = кілтім жоғалды немесе ұрланды
summary-event-data-changed = деректерім өзгерді
summary-event-not-needed = енді керек емес
summary-event-replaced = жаңасымен ауыстырдым
summary-reason = Тексерушілер көретін себеп
summary-certificate = Кері шақырылатын кілт
summary-serial = Сериялық нөмірі
summary-kept-in = Кілттер қоймасы
summary-until = Мерзімінің соңы
summary-purpose-authentication = кіруге арналған
summary-purpose-signature = құжатқа қол қоюға арналған
summary-none = жоқ

doctor-identity = Осы орнатудың TLS сертификаты:
doctor-identity-broken = TLS сертификатын пайдалану мүмкін емес; бұл кілттеріңізге әсер етпейді:
doctor-port-answers = Агент мына мекенжайда жауап береді:
doctor-port-silent = Агент іске қосылмаған («tanba-agent run» командасымен іске қосыңыз), мына мекенжайда ешкім жауап бермейді:
doctor-grants = Сайттарға берілген рұқсаттар:
doctor-grants-broken = Рұқсаттар тізімі оқылмайды; түзетілгенше барлық сайтқа рұқсат берілмейді:
doctor-key-files = Әдеттегі қалталардағы кілт файлдары:
doctor-broken = { $count ->
   *[other] { $count } нәрсе жұмыс істемейді; кілттеріңіз аман
}
doctor-identity-repair = Қалтаны алып тастап, агентті қайта іске қосыңыз, сосын tanba-agent install командасын орындаңыз. Кілттеріңіз басқа жерде, олар аман.
doctor-port-start = Оны іске қосыңыз: tanba-agent run; tanba-agent install оны жүйеге кіргенде өзі іске қосылатын етеді.
doctor-port-other = Порт бос емес, онда басқа бағдарлама немесе басқа пайдаланушының агенті жауап береді:
doctor-port-free = Сол бағдарламаны жабыңыз (көбіне бұл NCALayer), сосын агентті іске қосыңыз.
doctor-trust = Браузер агентке сенеді:
doctor-trust-old = Браузер осы компьютердегі бұрынғы агентке сенеді:
doctor-trust-missing = Браузер агентке әлі сенбейді:
doctor-trust-repair = Орындаңыз: tanba-agent install, сосын браузерді қайта іске қосыңыз.
doctor-trust-unknown = Браузердің агентке сенетінін білу мүмкін болмады:
doctor-trust-elsewhere = Браузердің агентке сенетіні https://127.0.0.1:13579/ бетінен көрінеді: ескертусіз ашылса, сенеді; әйтпесе tanba-agent install командасын орындаңыз.
doctor-start = Агент жүйеге кіргенде өзі іске қосылады.
doctor-start-missing = Агент жүйеге кіргенде өзі іске қосылмайды; қаласаңыз: tanba-agent install.
doctor-permission = Браузердің рұқсаты осы жерден көрінбейді. Сайт агентті таппаса, мекенжайдың сол жағындағы түймемен сол сайтқа жергілікті желіге рұқсат беріңіз.
doctor-grants-repair = Файлды түзетіңіз немесе жойыңыз: онда сайттар қайтадан сұрайды.
doctor-no-driver = Құрылғылардың драйвері табылмады. Құрылғыңыз болса, оның өндірушісінің драйверін немесе OpenSC орнатыңыз; драйвер басқа жерде болса, оны agent.toml файлында атаңыз ([tokens] modules).
doctor-driver-broken = Құрылғының драйвері жүктелмейді:
doctor-driver-repair = Драйверді қайта орнатыңыз немесе agent.toml файлындағы жолын түзетіңіз. Құрылғыдағы кілттер аман.
doctor-driver-silent = Құрылғының драйвері жауап бермейді:
doctor-driver-silent-repair = Құрылғыны ажыратып, қайта қосыңыз, сосын агентті қайта іске қосыңыз.
doctor-no-reader = Драйвер жұмыс істейді, бірақ оқу құрылғысын көрмейді. Оқу құрылғысын не токенді қосыңыз; қосулы болса, pcscd қызметін іске қосыңыз:
doctor-no-token = Драйвер жұмыс істейді, құрылғы қосылмаған:
doctor-token = Құрылғы қосулы:
doctor-token-unknown = Құрылғы қосулы, бірақ агент оның түрін білмейді:
doctor-token-unknown-repair = Түрін agent.toml файлында атаңыз: [[tokens.kind]] бөлімінде manufacturer, model не label және storage.
doctor-readers = Карта оқу құрылғыларының қызметі жұмыс істейді:
doctor-readers-missing = Карта оқу құрылғыларының қызметі іске қосылмаған; жеке куәлік пен смарт-картаға ол керек (pcscd пакеті):
setup-browser = Браузер агентке сенетін болады
setup-browser-forget = Браузер агентке енді сенбейді
setup-system = Бүкіл жүйе агентке сенетін болады
setup-system-forget = Бүкіл жүйе агентке енді сенбейді
setup-start = Агент жүйеге кіргенде іске қосылады
setup-no-start = Агент жүйеге кіргенде енді іске қосылмайды
setup-no-certutil = certutil бағдарламасы керек: libnss3-tools (Debian, Ubuntu) немесе nss-tools (Fedora) пакетін орнатып, қайталаңыз.
setup-missing = Жүйеде бұл бағдарлама жоқ; ол орнатылған соң қайталаңыз.
setup-failed = Бұл орындалмады; себебі журналда. Құқықтарыңызды тексеріп, қайталаңыз: орындалған қадамдар зиян келтірмейді.
setup-incomplete = бәрі орындалмады; кілттеріңіз аман
setup-done = Дайын. Браузерді қайта іске қосып, https://127.0.0.1:13579/ бетін ашыңыз.
setup-undone = Дайын. Агенттің кілттері мен рұқсаттары өз қалтасында қалды.
