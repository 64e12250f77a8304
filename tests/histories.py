"""Small repositories whose history is known."""

from pathlib import Path

from dulwich import porcelain

WHO = b"A Person <person@example.org>"
FIRST = "def first(items):\n    return items[0]\n"
SECOND = FIRST + "\n\ndef second(items):\n    return items[1]\n"
THIRD = SECOND.replace("items[0]", "items[-1]")
OTHER = "from module import first\n\nprint(first([1, 2, 3]))\n"


def commit(root: Path, time: int, files: dict[str, str | None]) -> str:
    """Write files, or remove those without a text, and commit; gives the id."""
    for name, text in files.items():
        path = root / name
        if text is None:
            porcelain.remove(root, [str(path)])
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        porcelain.add(root, [str(path)])
    made = porcelain.commit(root, message=b"more", author=WHO, committer=WHO, commit_timestamp=time)
    return made.decode()


def small_repository(root: Path) -> Path:
    """Four commits: a module, a second function with another file, a change, a move."""
    root.mkdir()
    porcelain.init(root).close()
    commit(root, 1000, {"module.py": FIRST, "notes.txt": "nothing\n"})
    commit(root, 2000, {"module.py": SECOND, "other.py": OTHER})
    commit(root, 3000, {"module.py": THIRD})
    commit(root, 4000, {"other.py": None, "tools/other.py": OTHER})
    return root
