"""Choice of a Russian place name among the untagged Cyrillic forms of GeoNames.

The package carries alternate names without their language. Forms with letters that
Russian lacks are dropped; for the larger places with several forms the Russian one is
written down here by hand; otherwise the form nearest to the Latin name is taken.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from enum import StrEnum

RUSSIAN_LETTERS = frozenset("абвгдеёжзийклмнопрстуфхцчшщъыьэюя -().")

LATIN_OF = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        [
            "a",
            "b",
            "v",
            "g",
            "d",
            "e",
            "yo",
            "zh",
            "z",
            "i",
            "y",
            "k",
            "l",
            "m",
            "n",
            "o",
            "p",
            "r",
            "s",
            "t",
            "u",
            "f",
            "kh",
            "ts",
            "ch",
            "sh",
            "shch",
            "_",
            "y",
            "_",
            "e",
            "yu",
            "ya",
        ],
        strict=True,
    )
)


# Country and Latin name: Russian name in common use, where there are several forms
BY_HAND_NAME: dict[tuple[str, str], str] = {
    ("UZ", "Tashkent"): "Ташкент",
    ("KZ", "Almaty"): "Алматы",
    ("KZ", "Shymkent"): "Шымкент",
    ("KG", "Bishkek"): "Бишкек",
    ("UZ", "Andijon"): "Андижан",
    ("CN", "Kashgar"): "Кашгар",
    ("KZ", "Taraz"): "Тараз",
    ("KZ", "Kyzylorda"): "Кызылорда",
    ("UZ", "Fergana"): "Фергана",
    ("UZ", "Bukhara"): "Бухара",
    ("UZ", "Qarshi"): "Карши",
    ("TM", "Türkmenabat"): "Туркменабад",
    ("KZ", "Turkistan"): "Туркестан",
    ("TJ", "Konibodom"): "Канибадам",
    ("TJ", "Khujand"): "Худжанд",
    ("UZ", "Jizzax"): "Джизак",
    ("UZ", "Chirchiq"): "Чирчик",
    ("UZ", "Urganch"): "Ургенч",
    ("UZ", "Navoiy"): "Навои",
    ("UZ", "Shahrisabz"): "Шахрисабз",
    ("UZ", "Olmaliq"): "Алмалык",
    ("UZ", "Namangan"): "Наманган",
    ("KG", "Manas"): "Манас (Джалал-Абад)",
    ("KZ", "Taldykorgan"): "Талдыкорган",
    ("UZ", "Bekobod"): "Бекабад",
    ("UZ", "Guliston"): "Гулистан",
    ("KG", "Karakol"): "Каракол",
    ("KG", "Tokmok"): "Токмок",
    ("KZ", "Baikonur"): "Байконур",
    ("UZ", "Koson"): "Касан",
    ("UZ", "Tŭytepa"): "Нурафшан",
    ("TJ", "Vahdat"): "Вахдат",
    ("UZ", "Xonobod"): "Ханабад",
    ("KG", "Balykchy"): "Балыкчы",
    ("KZ", "Konayev"): "Конаев",
    ("UZ", "Kitob"): "Китаб",
    ("UZ", "Uchqŭrghon Shahri"): "Учкурган",
    ("KZ", "Shu"): "Шу",
    ("TJ", "Tursunzoda"): "Турсунзаде",
    ("TJ", "Buston"): "Бустон",
    ("UZ", "Dashtobod"): "Даштабад",
    ("KZ", "Zhetysay"): "Жетысай",
    ("KZ", "Arys"): "Арыс",
    ("KZ", "Novokazalinsk"): "Айтеке-Би",
    ("UZ", "Piskent"): "Пскент",
    ("KG", "Razzakov"): "Раззаков (Исфана)",
    ("KZ", "Esik"): "Есик",
    ("UZ", "Oyim"): "Аим",
    ("KG", "Kyzyl-Kyya"): "Кызыл-Кия",
    ("UZ", "Muborak"): "Мубарек",
    ("KZ", "Shiyeli"): "Шиели",
    ("KZ", "Shelek"): "Шелек",
    ("UZ", "Sirdaryo"): "Сырдарья",
    ("KG", "Kara Suu"): "Кара-Суу",
    ("KZ", "Aksu"): "Аксу",
    ("KZ", "Shardara"): "Шардара",
    ("KZ", "Saryaghash"): "Сарыагаш",
    ("UZ", "Yangiobod"): "Янгиабад",
    ("UZ", "G‘uzor"): "Гузар",
    ("UZ", "Chinoz"): "Чиназ",
    ("KZ", "Zhangaqorghan"): "Жанакорган",
    ("TM", "Gazojak"): "Газаджак",
    ("KZ", "Burunday"): "Боралдай",
    ("KZ", "Zhosaly"): "Жосалы",
    ("UZ", "Sultonobod"): "Султанабад",
    ("KG", "Massy"): "Массы",
    ("KZ", "Otegen Batyra"): "Отеген Батыра",
    ("KG", "Kochkor-Ata"): "Кочкор-Ата",
    ("KZ", "Tasbuget"): "Тасбогет",
    ("KZ", "Sarykemer"): "Сарыкемер",
    ("KG", "Kyzyl-Suu"): "Кызыл-Суу",
}


class NameStatus(StrEnum):
    """How ``name_ru`` was found."""

    BY_HAND = "by_hand"
    ONLY_FORM = "only_form"
    CHOSEN = "chosen"
    NOT_PROVIDED = "not_provided"


def is_russian_spelling(text: str) -> bool:
    """Tell whether a text is Cyrillic and uses no letter that Russian lacks."""
    lower = text.lower()
    has_cyrillic = any("а" <= letter <= "я" or letter == "ё" for letter in lower)
    return has_cyrillic and set(lower) <= RUSSIAN_LETTERS


def latin(text: str) -> str:
    """Plain Latin spelling of a Russian text, for comparison only."""
    return "".join(LATIN_OF.get(letter, letter) for letter in text.lower()).replace(
        "_", ""
    )


def russian_name(
    country: str, name: str, alternates: list[str]
) -> tuple[str | None, NameStatus]:
    """Russian name of a place and how it was found; None where there is no form.

    Parameters
    ----------
    country
        ISO 3166-1 alpha-2 code.
    name
        Main (Latin) name.
    alternates
        All alternate names, any script, no language given.
    """
    if (country, name) in BY_HAND_NAME:
        return BY_HAND_NAME[country, name], NameStatus.BY_HAND
    forms = sorted({text for text in alternates if is_russian_spelling(text)})
    if not forms:
        return None, NameStatus.NOT_PROVIDED
    if len(forms) == 1:
        return forms[0], NameStatus.ONLY_FORM
    uzbek_or_tajik = [text for text in forms if text.endswith("обод")]
    forms = [text for text in forms if text not in uzbek_or_tajik] or forms
    nearness = [
        SequenceMatcher(None, latin(text), name.lower()).ratio() for text in forms
    ]
    return forms[nearness.index(max(nearness))], NameStatus.CHOSEN
