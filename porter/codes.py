"""The kinds of things that a conversion has to say, each by a code that stays the same from version to version."""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """A code, as findings carry it; `EXPLAINED` says in full what each means."""

    NONE = ""

    # Names of the framework, and their rules.
    NO_RULE = "PT001"
    NO_COUNTERPART = "PT002"
    NAME_OF_TWO = "PT003"
    STAR_IMPORT = "PT004"
    MODULE_AS_OBJECT = "PT005"
    RUN_TIME_NAME = "PT006"
    RULE_NOTE = "PT007"
    LEVEL = "PT008"

    # Calls.
    CALL_REFUSED = "PT009"
    CONDITION = "PT010"
    RUN_TIME_VALUE = "PT011"
    CONSTRUCTORS = "PT012"
    OTHER_PACKAGE = "PT013"

    # Objects, and what is done with them.
    UNKNOWN_OBJECT = "PT014"
    ASKED = "PT015"
    ASSUMED = "PT016"
    ATTRIBUTE_ABSENT = "PT017"
    ATTRIBUTE_OF_TWO = "PT018"
    METHOD_ABSENT = "PT019"
    METHOD_DIFFERS = "PT020"
    IN_PLACE = "PT021"
    NONE_TEST = "PT022"
    PARAMETER_METHOD = "PT023"
    NO_PREFIX = "PT024"

    # Classes.
    UNKNOWN_BASE = "PT025"
    MADE_BASE = "PT026"
    BASE_STAYS = "PT027"
    CLASS_HELD = "PT028"
    TORN = "PT029"
    RESERVED = "PT030"
    ONE_CLASS = "PT031"
    BOTH_CLASSES = "PT032"
    PATCHED_CLASS = "PT033"

    # The mode of a layer: training or evaluation.
    FRESH = "PT034"
    BUILT_ELSEWHERE = "PT035"
    MODE_OVERRIDE = "PT036"
    MODE_FLAG = "PT037"

    # What changes sides, or stays, as a whole.
    NEITHER = "PT038"
    STAYS_WHOLE = "PT039"
    STAYS_WITH = "PT040"

    # Imports, and names that other code takes from a file.
    NOT_HANDED_ON = "PT041"
    IMPORT_STAYS = "PT042"
    IMPORT_TRIED = "PT043"
    TAKEN_BY_NAME = "PT044"
    NAMED_AT_RUN_TIME = "PT045"
    OWN_NAME_BY_TEXT = "PT046"
    VALUE_REACHES = "PT047"
    VALUE_LEAVES = "PT048"

    # Texts.
    NAME_IN_TEXT = "PT049"
    CODE_IN_TEXT = "PT050"
    METHOD_IN_TEXT = "PT051"
    CLASS_NAME = "PT052"
    PARAMETER_NAME = "PT053"

    # Files.
    FILE = "PT054"
    NO_PYTHON = "PT055"
    NAME_IN_FILE = "PT056"
    MERGE = "PT057"
    FAULT = "PT058"

    # What a file needs when it is imported.
    ON_IMPORT = "PT059"


EXPLAINED = {
    Code.NO_RULE: "A name of the framework has no rule yet, so it stays: a rule can be written. What is known to be "
    "near it is told as a hint, by which nothing is written.",
    Code.NO_COUNTERPART: "A name cannot be converted: its rule says that the other framework has nothing in its place, "
    "and why.",
    Code.NAME_OF_TWO: "A name is imported from the framework and bound in another way too, or deleted: which of the "
    "two a use means is known only at run time.",
    Code.STAR_IMPORT: "What a star import of the framework gives cannot be told from other names.",
    Code.MODULE_AS_OBJECT: "A module of the framework is handed around as an object, so what is read from it later "
    "cannot be seen.",
    Code.RUN_TIME_NAME: "The name of what is read from a module is made at run time, so it stays the source "
    "framework's.",
    Code.RULE_NOTE: "What the rule says of every use of this kind, once for each file.",
    Code.LEVEL: "An edit is above the level that was asked for, so it is not made.",
    Code.CALL_REFUSED: "A call has no counterpart: an argument or a value is one that the other framework does not "
    "have. The finding names it.",
    Code.CONDITION: "The edit keeps the meaning under a condition that the rule states, such as an argument that is "
    "dropped since it has no effect there.",
    Code.RUN_TIME_VALUE: "A value that decides what the call becomes is known only at run time, so the generated class "
    "looks at it then.",
    Code.CONSTRUCTORS: "The constructors of a class differ between the frameworks, so a call of it stays.",
    Code.OTHER_PACKAGE: "A function of another package is given something that changes sides. Packages are made for "
    "one framework, or for none; which one, the tree does not tell.",
    Code.UNKNOWN_OBJECT: "What kind of object this is could not be found out, and what is done with it is spelled "
    "differently in the two frameworks.",
    Code.ASKED: "What an object is could not be found out, so a function of the generated module looks at it when the "
    "program runs: the meaning is kept, whatever the object is.",
    Code.ASSUMED: "What an object is was concluded from how it is used, which code elsewhere can make untrue.",
    Code.ATTRIBUTE_ABSENT: "The other framework's layer has no attribute of this meaning.",
    Code.ATTRIBUTE_OF_TWO: "The object can be of several classes, which call this attribute differently.",
    Code.METHOD_ABSENT: "The other framework's class has no method of this meaning.",
    Code.METHOD_DIFFERS: "Both frameworks have this method, and it does or gives something else.",
    Code.IN_PLACE: "One framework changes a tensor that others hold too, the other one makes a new tensor.",
    Code.NONE_TEST: "A parameter is tested for None, and the other framework's layer always has it.",
    Code.PARAMETER_METHOD: "A parameter is changed by a method that has no rule.",
    Code.NO_PREFIX: "A layer is added by its name, and its parameters would not have that name before their own.",
    Code.UNKNOWN_BASE: "A base class is not defined in this tree; if it is a layer, it does not change sides.",
    Code.MADE_BASE: "A class has a base that a run makes, so what becomes of its methods is not known.",
    Code.BASE_STAYS: "A class stays since a base class of it does: one object cannot belong to both frameworks.",
    Code.CLASS_HELD: "A class stays since it uses, or overrides, something of the framework that has no counterpart.",
    Code.TORN: "A class lends its methods to classes that change sides and to others that stay.",
    Code.RESERVED: "A class has a method or an attribute of a name that its new base class uses itself, or asks no "
    "more.",
    Code.ONE_CLASS: "The tree compares classes, so one class stands for all uses of a layer.",
    Code.BOTH_CLASSES: "Some objects of a class change sides and others stay, so a test for it has to "
    "name both classes.",
    Code.PATCHED_CLASS: "A class of the framework is changed for all of its objects: the change is made on the class "
    "that stands there now, and on no other.",
    Code.FRESH: "A layer is in training when torch has built it, and in evaluation when MindSpore has. What is built "
    "here is put into the mode that it had, as far as porter saw where it goes.",
    Code.BUILT_ELSEWHERE: "A class changes sides, and what builds its objects cannot be seen: outside the tree, or by "
    "a name that is known at run time. A fresh layer trains in torch, and is in evaluation in MindSpore.",
    Code.MODE_OVERRIDE: "A class has its own method that sets the mode. The other framework sets the mode of a layer "
    "and of all inside at once, and calls no method of those that are inside.",
    Code.MODE_FLAG: "The flag of one layer is set. MindSpore's layers keep others inside, which have a flag each.",
    Code.NEITHER: "A class changes sides, and something in it had to stay, so it runs in neither framework until "
    "somebody ends the work. Its places have findings of their own; --whole class leaves such classes as they were.",
    Code.STAYS_WHOLE: "A class, a function, a statement or a file stays as it was, as --whole asks, since something "
    "in it has to stay. The finding names the first reason.",
    Code.STAYS_WITH: "A class, a function, a statement or a file stays as it was, as --whole asks, since it uses, or "
    "is used by, one that has to stay.",
    Code.NOT_HANDED_ON: "An import goes since nothing in its file uses the name, and code outside the tree may have "
    "taken it from there.",
    Code.IMPORT_STAYS: "An import stays since other code may take its name from this file, and the name has no "
    "counterpart that could stand in its place.",
    Code.IMPORT_TRIED: "Whether an import succeeds decides what follows it, so it is not taken out of its place.",
    Code.TAKEN_BY_NAME: "A module or a class of the framework is imported, or asked for, by a text: it stays, and so "
    "does all that is taken from it.",
    Code.NAMED_AT_RUN_TIME: "What is imported by a name is known only at run time; where it is the framework's, it "
    "stays so.",
    Code.OWN_NAME_BY_TEXT: "A name of the file is looked up by a text (`globals()[...]`), so it has to mean there "
    "what it meant before.",
    Code.VALUE_REACHES: "A constant of the framework, such as a dtype, stays since its value reaches code of the "
    "framework that stays.",
    Code.VALUE_LEAVES: "A constant of the framework stays since other code can take its value from this file, and "
    "what that does with it cannot be seen.",
    Code.NAME_IN_TEXT: "A text holds a name of the framework, which something may look up; texts are not rewritten.",
    Code.CODE_IN_TEXT: "Text that is run as code holds a name of the framework; texts are not rewritten.",
    Code.METHOD_IN_TEXT: "A text holds the name of a method that is called differently after the conversion.",
    Code.CLASS_NAME: "A text is compared with the name of a class, which is another one after the conversion.",
    Code.PARAMETER_NAME: "A text names a parameter, which some layers of the other framework call "
    "differently: the keys of checkpoints have other names there.",
    Code.FILE: "Something about a file as a whole.",
    Code.NO_PYTHON: "A file could not be read as Python; it is copied as it is.",
    Code.NAME_IN_FILE: "A file that porter does not convert names something of the framework: a notebook, a stub, a "
    "script without an ending, data.",
    Code.MERGE: "A file of OUT was edited by hand, or is not porter's: what became of it, and of the new conversion.",
    Code.FAULT: "An edit would have broken the file, which is a fault of porter, so it was not made.",
    Code.ON_IMPORT: "A name of the source framework stays, and is used when its file is imported: as a base class, a "
    "decorator, a default or an annotation that is evaluated, or at the top of the file. The file cannot be imported "
    "without that framework. Where no place is like this, the import waits until something is used of it.",
}
"""What each code means, in a sentence or two."""
