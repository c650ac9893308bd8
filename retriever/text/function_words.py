"""Words that say how something is asked, not what about: they carry no evidence. By language, without accents."""

from __future__ import annotations

from collections.abc import Collection, Mapping

_ENGLISH = """
a about after all also am an and any are as at be been before being between but by can could did do does doing
for from get had has have he her his how i if in into is it its many may me more most much must my no not of
off on one only or other our out over she should so some such than that the their them then there these they
this those to under until up was we were what when where which while who whom whose why will with would you
your
"""
_OTHERS = {
    "de": """aber alle als am an auch auf aus bei beim bin bis bitte da damit dann darf das dass dem den denn der des
        die dies diese dieser dieses doch du durch ein eine einem einen einer eines er es fur gibt hat haben hatte ich
        ihr ihre im in ist ja kann kein keine man mein mein meine mit muss nach nicht noch nur oder ob sein seine seit
        sich sie sind so soll uber um und uns unser unter vom von vor wann war warum was welche welchem welchen welcher
        welches wem wen wenn wer werden wessen wie wieso wieviel viel viele wir wird wo woher wohin zu zum zur zwischen
        """,
    "fr": """a au aux avec ce ces cet cette combien comme comment dans de des doit du elle elles en est et etre il ils
        je la le les leur leurs lors lui ma mais me mes mon ne nos notre nous on ont ou par pas peut plus pour pourquoi
        qu quand que quel quelle quelles quels qui quoi sa sans se ses si son sont sur ta te tes ton tu un une vos votre
        vous y""",
    "es": """a al ante antes con como cual cuales cuando cuanta cuantas cuanto cuantos de debe debo del desde donde el
        ella ellas ellos en entre era es esa ese eso esta estan este esto estos fue ha han hasta hay la las le les lo
        los mas me mi mis muy no nos o para pero por porque puede puedo que quien quienes se ser si sin sobre son su
        sus tiene tienen un una unas uno unos y ya yo""",
    "pt": """a ao aos as ate com como da das de deve do dos e ela elas ele eles em entre era essa esse esta este eu foi
        ha isso isto mais mas me meu minha muito na nas nao no nos o onde os ou para pela pelo pode por porque posso
        qual quais quando quanta quantas quanto quantos que quem se sem ser seu sua sao so sobre tem tenho um uma umas
        uns voce""",
    "it": """a ai al alla alle anche che chi ci come con cosa da dal dalla dei del della delle di dove e ed era gli ha
        hanno i il in io la le lo ma mi nel nella non o per perche piu puo qual quale quali quando quanta quante quanti
        quanto se sei si sono su sul sulla tra un una uno""",
    "nl": """aan al als bij dan dat de deze die dit door een en er het hij hoe hoeveel ik in is kan maar mag met moet
        naar niet nog of om ook op over te tot uit van veel voor waar waarom wanneer was wat we welk welke werd wie wij
        wordt ze zich zijn zo""",
    "ru": """а без бы был была были было в вам вас во вот все вы где да для до его ее если есть еще же за и из или им
        их к как какая какие какой каком кем ко когда кого кому который которая которые ли мне можно мы на над надо не
        него нее нет ни но о об он она они оно от по под почему при про с сколько со так там то того тоже только у уже
        чего чей чем что чтобы эта эти это этот я""",
    "ar": """ان انا الى او اي اين بعد بين تم التي الذي حتى عن عند على عليه عليها في قبل قد كان كانت كل كم كما كيف لا
        لكن لم لماذا له لها ما ماذا متى مع من منذ هذا هذه هل هناك هو هي و ولا يتم يجب يمكن""",
}
FUNCTION_WORDS = frozenset(_ENGLISH.split())
_BY_LANGUAGE: Mapping[str, frozenset[str]] = {name: frozenset(text.split()) for name, text in _OTHERS.items()}


def function_words_of(found: Collection[str]) -> frozenset[str]:
    """Return the function words of the language that a text with these words is most likely in, English if unsure.

    It is the one with the most function words among them: "die" is one in German, and none where "the" stands, too.
    """
    own = set(found)
    best, count = FUNCTION_WORDS, len(own & FUNCTION_WORDS)
    for listed in _BY_LANGUAGE.values():
        if (held := len(own & listed)) > count:
            best, count = listed, held
    return best
