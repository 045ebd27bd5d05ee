//! The words of the pages without script, in the languages of the terminal.

use axum::http::{HeaderMap, header};
use press::Language;

/// Everything the pages say. HTML, written here and nowhere else.
pub(super) struct Words {
    pub(super) at_work: &'static str,
    pub(super) starting: &'static str,
    pub(super) what: &'static str,
    pub(super) trust_link: &'static str,
    pub(super) trust_title: &'static str,
    pub(super) trust_nothing: &'static str,
    pub(super) trust_why: &'static str,
    pub(super) trust_compare: &'static str,
    pub(super) trust_download: &'static str,
    pub(super) trust_steps: &'static [(&'static str, &'static str)],
    pub(super) trust_limits: &'static str,
}

/// The language that a browser asks for.
pub(super) fn asked(headers: &HeaderMap) -> Language {
    let accept = headers.get(header::ACCEPT_LANGUAGE);
    Language::asked(accept.and_then(|value| value.to_str().ok()).unwrap_or(""))
}

pub(super) fn words(language: Language) -> &'static Words {
    match language {
        Language::English => &ENGLISH,
        Language::Russian => &RUSSIAN,
        Language::Arabic => &ARABIC,
    }
}

const ENGLISH: Words = Words {
    at_work: "The node is at work.",
    starting: "The node is starting, or it cannot work at this moment.",
    what: "A direct video line between two offices. Seats open their own address; there is nothing else to see here.",
    trust_link: "How to trust this node's certificate",
    trust_title: "Trust this node",
    trust_nothing: "This node uses no authority of its own: there is nothing to install.",
    trust_why: "This node has a certificate authority of its own. A seat has to trust it once; then the browser shows \
        the node as secure and gives the camera and the microphone to it.",
    trust_compare: "Before you install it, compare this fingerprint (SHA-256) with the one that your operator reads \
        from the node itself with <code>visavis doctor</code>. If they differ, do not go on.",
    trust_download: "Download the certificate",
    trust_steps: &[
        (
            "Windows",
            "Open the file, choose <em>Install Certificate</em>, <em>Current User</em>, and put it into \
            <em>Trusted Root Certification Authorities</em>. Restart the browser.",
        ),
        (
            "macOS",
            "Open the file: Keychain Access adds it. Find it under <em>Certificates</em>, open <em>Trust</em> \
            and choose <em>Always Trust</em>. Restart the browser.",
        ),
        (
            "Debian, Ubuntu",
            "Copy it to <code>/usr/local/share/ca-certificates/visavis.crt</code> and run \
            <code>sudo update-ca-certificates</code>. Chromium: <em>Settings, Privacy and security, Security, Manage \
            certificates, Authorities, Import</em>.",
        ),
        (
            "Firefox, any system",
            "<em>Settings, Privacy &amp; Security, Certificates, View Certificates, Authorities, \
            Import</em>; tick <em>Trust this CA to identify websites</em>.",
        ),
        (
            "iPhone, iPad",
            "Open the file, then <em>Settings, Profile Downloaded, Install</em>; then <em>General, About, \
            Certificate Trust Settings</em> and turn it on.",
        ),
        (
            "Android",
            "<em>Settings, Security, Encryption &amp; credentials, Install a certificate, CA certificate</em>.",
        ),
    ],
    trust_limits: "The authority is limited to this node's own names and addresses: it can vouch for no other site.",
};

const RUSSIAN: Words = Words {
    at_work: "Узел работает.",
    starting: "Узел запускается или сейчас не может работать.",
    what: "Прямая видеолиния между двумя ведомствами. У каждого места свой адрес; больше здесь смотреть нечего.",
    trust_link: "Как доверять сертификату этого узла",
    trust_title: "Доверие к этому узлу",
    trust_nothing: "У этого узла нет собственного удостоверяющего центра: устанавливать ничего не нужно.",
    trust_why: "У этого узла собственный удостоверяющий центр. Место должно один раз ему довериться; тогда браузер \
        считает узел защищённым и даёт ему камеру и микрофон.",
    trust_compare: "Перед установкой сравните этот отпечаток (SHA-256) с тем, который ваш оператор получает на самом \
        узле командой <code>visavis doctor</code>. Если они различаются, не продолжайте.",
    trust_download: "Скачать сертификат",
    trust_steps: &[
        (
            "Windows",
            "Откройте файл, выберите <em>Установить сертификат</em>, <em>Текущий пользователь</em> и поместите \
            его в <em>Доверенные корневые центры сертификации</em>. Перезапустите браузер.",
        ),
        (
            "macOS",
            "Откройте файл: его добавит «Связка ключей». Найдите его в разделе <em>Сертификаты</em>, откройте \
            <em>Доверие</em> и выберите <em>Всегда доверять</em>. Перезапустите браузер.",
        ),
        (
            "Debian, Ubuntu",
            "Скопируйте его в <code>/usr/local/share/ca-certificates/visavis.crt</code> и выполните \
            <code>sudo update-ca-certificates</code>. Chromium: <em>Настройки, Конфиденциальность и безопасность, \
            Безопасность, Настроить сертификаты, Центры сертификации, Импорт</em>.",
        ),
        (
            "Firefox, любая система",
            "<em>Настройки, Приватность и защита, Сертификаты, Просмотр сертификатов, Центры \
            сертификации, Импортировать</em>; отметьте <em>Доверять при идентификации веб-сайтов</em>.",
        ),
        (
            "iPhone, iPad",
            "Откройте файл, затем <em>Настройки, Профиль загружен, Установить</em>; затем <em>Основные, Об \
            этом устройстве, Доверие сертификатам</em> и включите его.",
        ),
        (
            "Android",
            "<em>Настройки, Безопасность, Шифрование и учётные данные, Установить сертификат, Сертификат ЦС</em>.",
        ),
    ],
    trust_limits: "Удостоверяющий центр ограничен именами и адресами этого узла: ручаться за другие сайты он не может.",
};

const ARABIC: Words = Words {
    at_work: "العقدة تعمل.",
    starting: "العقدة قيد التشغيل، أو لا يمكنها العمل في هذه اللحظة.",
    what: "خط مرئي مباشر بين جهتين رسميتين. لكل مقعد عنوانه الخاص، وليس هنا ما يُطّلع عليه غير ذلك.",
    trust_link: "كيفية الوثوق بشهادة هذه العقدة",
    trust_title: "الوثوق بهذه العقدة",
    trust_nothing: "لا تستخدم هذه العقدة سلطة شهادات خاصة بها، فلا حاجة إلى تثبيت شيء.",
    trust_why: "لهذه العقدة سلطة شهادات خاصة بها. على المقعد أن يثق بها مرة واحدة، وبعد ذلك يعدّ المتصفح العقدة آمنة \
        ويتيح لها الكاميرا والميكروفون.",
    trust_compare: "قبل التثبيت، قارنوا هذه البصمة (SHA-256) بالبصمة التي يقرؤها المشغّل من العقدة نفسها بالأمر \
        <code>visavis doctor</code>. إن اختلفتا فلا تتابعوا.",
    trust_download: "تنزيل الشهادة",
    trust_steps: &[
        (
            "Windows",
            "افتحوا الملف واختاروا <em>تثبيت الشهادة</em> ثم <em>المستخدم الحالي</em>، وضعوها في \
            <em>المراجع المصدقة الجذر الموثوق بها</em>. أعيدوا تشغيل المتصفح.",
        ),
        (
            "macOS",
            "افتحوا الملف: يضيفه تطبيق «الوصول إلى سلسلة المفاتيح». ابحثوا عنه ضمن <em>الشهادات</em>، وافتحوا \
            <em>الثقة</em> واختاروا <em>الثقة دائما</em>. أعيدوا تشغيل المتصفح.",
        ),
        (
            "Debian, Ubuntu",
            "انسخوه إلى <code>/usr/local/share/ca-certificates/visavis.crt</code> ونفّذوا \
            <code>sudo update-ca-certificates</code>. وفي Chromium: <em>الإعدادات، الخصوصية والأمان، الأمان، إدارة \
            الشهادات، المراجع المصدقة، استيراد</em>.",
        ),
        (
            "Firefox، على أي نظام",
            "<em>الإعدادات، الخصوصية والأمان، الشهادات، عرض الشهادات، السلطات، استيراد</em>، ثم ضعوا علامة عند \
            <em>الوثوق بهذه السلطة للتعريف بالمواقع</em>.",
        ),
        (
            "iPhone، iPad",
            "افتحوا الملف، ثم <em>الإعدادات، تم تنزيل ملف التعريف، تثبيت</em>، ثم <em>عام، حول، إعدادات الثقة \
            بالشهادات</em> وفعّلوها.",
        ),
        (
            "Android",
            "<em>الإعدادات، الأمان، التشفير وبيانات الاعتماد، تثبيت شهادة، شهادة CA</em>.",
        ),
    ],
    trust_limits: "سلطة الشهادات هذه محصورة في أسماء هذه العقدة وعناوينها، ولا يمكنها أن تشهد لأي موقع آخر.",
};
