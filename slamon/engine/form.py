"""In which form the rules and the engine run: as Python reads them, or as machine code."""

from typing import Final

FORM: Final = "pure" if __file__.endswith(".py") else "compiled"
