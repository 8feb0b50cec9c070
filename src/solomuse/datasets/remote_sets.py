"""Data sets that anyone may download, as their publishers offer them; one table of them.

Addresses are the publishers' own. Checksums are those that somebody published; the comment says where.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class DataSet:
    """A data set that anyone may download.

    Parameters
    ----------
    name : str
        What ``solomuse fetch`` calls it.
    url, page : str
        Of the file, and of the page that its publishers describe it on.
    file : str
        The name that it is kept under.
    size_bytes : int
        Of the file, nearly, where `checksum` is None.
    checksum : str or None
        ``md5:...`` or ``sha256:...``; None where none is published.
    options : str
        What ``solomuse prepare`` has to be told to read it well.
    note : str
        What to know before.
    """

    name: str
    title: str
    url: str
    page: str
    file: str
    size_bytes: int
    checksum: str | None
    licence: str
    citation: str
    options: str = ""
    note: str = ""


_RAFFEL = (
    "C. Raffel, Learning-Based Methods for Comparing Sequences, with Applications to Audio-to-MIDI Alignment and "
    "Matching, PhD thesis, Columbia University, 2016"
)
_MANILOW = (
    "E. Manilow, G. Wichern, P. Seetharaman and J. Le Roux, Cutting Music Source Separation Some Slakh, WASPAA, 2019"
)

_ALL = (
    DataSet(
        "lmd_full",
        "Lakh MIDI Dataset, all 176,581 files",
        "http://hog.ee.columbia.edu/craffel/lmd/lmd_full.tar.gz",
        "https://colinraffel.com/projects/lmd/",
        "lmd_full.tar.gz",
        1_768_163_879,
        # salu133445/muspy, muspy/datasets/lmd.py; its authors publish none
        "sha256:6fcfe2ac49ca08f3f214cec86ab138d4fc4dabcd7f27f491a838dae6db45a12b",
        "CC BY 4.0",
        _RAFFEL,
    ),
    DataSet(
        "lmd_matched",
        "Lakh MIDI Dataset, the files that were matched to recordings",
        "http://hog.ee.columbia.edu/craffel/lmd/lmd_matched.tar.gz",
        "https://colinraffel.com/projects/lmd/",
        "lmd_matched.tar.gz",
        1_407_072_670,
        # salu133445/muspy, muspy/datasets/lmd.py; its authors publish none
        "sha256:621ff830aed771f469e5bfa13dc12a33c6ed69090adeda63d0b5c47783af0191",
        "CC BY 4.0",
        _RAFFEL,
    ),
    DataSet(
        "slakh2100",
        "Slakh2100 redux, multi-track songs with their audio",
        "https://zenodo.org/records/4599666/files/slakh2100_flac_redux.tar.gz?download=1",
        "https://zenodo.org/records/4599666",
        "slakh2100_flac_redux.tar.gz",
        104_322_767_708,
        # Zenodo's own; mir-dataset-loaders/mirdata, mirdata/datasets/slakh.py has it too
        "md5:f4b71b6c45ac9b506f59788456b3f0c4",
        "CC BY 4.0",
        _MANILOW,
        options="--format slakh",
        note="nearly all of it is audio, which is not read; lmd_matched has other songs of the same collection",
    ),
    DataSet(
        "babyslakh",
        "BabySlakh, the first twenty songs of Slakh2100 at 16 kHz",
        "https://zenodo.org/records/4603870/files/babyslakh_16k.tar.gz?download=1",
        "https://zenodo.org/records/4603870",
        "babyslakh_16k.tar.gz",
        882_818_115,
        # Zenodo's own; mir-dataset-loaders/mirdata, mirdata/datasets/slakh.py has it too
        "md5:311096dc2bde7d61c97e930edbfc7f78",
        "CC BY 4.0",
        _MANILOW,
        options="--format slakh",
    ),
    DataSet(
        "pop909",
        "POP909, pop songs with melody, chords and beats",
        "https://github.com/music-x-lab/POP909-Dataset/archive/refs/heads/master.zip",
        "https://github.com/music-x-lab/POP909-Dataset",
        "POP909-Dataset-master.zip",
        21_000_000,
        None,  # GitHub packs it when asked
        "MIT",
        "Z. Wang et al., POP909: A Pop-song Dataset for Music Arrangement Generation, ISMIR, 2020",
        options="--format pop909",
    ),
    DataSet(
        "pop909-cl",
        "POP909-CL, the same songs quantised, with checked chords",
        "https://github.com/AndyWeasley2004/POP909-CL-Dataset/archive/refs/heads/main.zip",
        "https://github.com/AndyWeasley2004/POP909-CL-Dataset",
        "POP909-CL-Dataset-main.zip",
        21_000_000,
        None,  # GitHub packs it when asked
        "MIT",
        "M. Yao, K. Chen, S. Dubnov and T. Berg-Kirkpatrick, BACHI: Boundary-aware Symbolic Chord Recognition, 2025",
        options="--format pop909-cl",
        note="its melodies are those of pop909: unpack both beside each other",
    ),
    DataSet(
        "wjazzd",
        "Weimar Jazz Database, jazz solos with beats and chords",
        "https://jazzomat.hfm-weimar.de/download/downloads/wjazzd.db",
        "https://jazzomat.hfm-weimar.de/download/download.html",
        "wjazzd.db",
        42_500_000,
        None,
        "ODbL 1.0 or CC BY-NC-SA 4.0, by who you ask",
        "M. Pfleiderer et al. (eds.), Inside the Jazzomat: New Perspectives for Jazz Research, Schott Campus, 2017",
        note="treat it as share-alike and non-commercial",
    ),
    DataSet(
        "nottingham",
        "Nottingham Music Database, folk tunes with chords",
        "https://github.com/jukedeck/nottingham-dataset/archive/refs/heads/master.zip",
        "https://github.com/jukedeck/nottingham-dataset",
        "nottingham-dataset-master.zip",
        1_450_000,
        None,  # GitHub packs it when asked
        "GPL-3.0",
        "E. Foxley, Nottingham Music Database; cleaned by Jukedeck",
        options="--format abc",
        note="it holds the tunes before and after cleaning: unpack it and give prepare the folder ABC_cleaned",
    ),
    DataSet(
        "openewld",
        "OpenEWLD, lead sheets from the Wikifonia archive",
        "https://github.com/00sapo/OpenEWLD/archive/refs/heads/master.zip",
        "https://github.com/00sapo/OpenEWLD",
        "OpenEWLD-master.zip",
        2_780_000,
        None,  # GitHub packs it when asked
        "MIT; parts of its metadata CC0 and CC BY-NC 3.0",
        "F. Simonetta, OpenEWLD, 2018",
        options="--format musicxml",
    ),
)

DATA_SETS = {data_set.name: data_set for data_set in _ALL}
"""By name. Sizes of the archives of GitHub are those of the same files packed here."""


def size_text(count: int) -> str:
    """Bytes as people say them."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def prepare_command(data_set: DataSet, folder: Path) -> str:
    """What to run next."""
    words = ("solomuse prepare", str(folder / data_set.file), data_set.options, f"--out runs/{data_set.name}")
    return " ".join(word for word in words if word)


def listed() -> dict[str, Any]:
    """All data sets as ``solomuse fetch --json`` prints them."""
    return {"sets": [asdict(data_set) for data_set in _ALL]}


def table() -> str:
    """All data sets as ``solomuse fetch`` prints them."""
    return "\n".join(line for data_set in _ALL for line in _lines(data_set))


def _lines(data_set: DataSet) -> list[str]:
    facts = [f"{data_set.licence}; {data_set.page}", *([data_set.note] if data_set.note else [])]
    return [
        f"{data_set.name:12}{size_text(data_set.size_bytes):>9}  {data_set.title}",
        *(f"{'':23}{fact}" for fact in facts),
    ]
