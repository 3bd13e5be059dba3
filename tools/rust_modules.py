"""The modules of a crate, what each of its files names of others, and its functions with their lengths; standard library only."""

import re

TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/|b?r(?P<hash>\#*)".*?"(?P=hash)|b?"(?:\\.|[^"\\])*"|b?'(?:\\(?:u\{[^}]*\}|x..|.)|[^'\\\n])'"""
    r"""|'[A-Za-z_]\w*|[A-Za-z_]\w*!?|::|=>|->|\d[\w.]*|\S""",
    re.S,
)
ITEMS = {"fn", "struct", "enum", "trait", "type", "const", "static", "union"}


class Module:
    """A module: a file's, or one written inside of a file."""

    def __init__(self, file, path, parent):
        self.file, self.path, self.parent = file, path, parent
        self.children, self.items, self.passed_on, self.globs = {}, set(), {}, []
        self.named = []  # paths that the module names, as tuples of words


def tokens(text):
    for found in TOKEN.finditer(text):
        word = found.group()
        if not word.startswith(("//", "/*")):
            yield word, found.start()


def tree(words, at):
    """The paths of a `use`, from the word after it, as (path, name), and the place after its semicolon."""

    def one(at, before):
        path = list(before)
        while True:
            word = words[at]
            if word == "{":
                at, found = at + 1, []
                while words[at] != "}":
                    at, more = one(at, path)
                    found += more
                    if words[at] == ",":
                        at += 1
                return at + 1, found
            if word == "*":
                return at + 1, [(tuple(path), "*")]
            if word == "::":
                at += 1
                continue
            path.append(word)
            at += 1
            if words[at] == "as":
                return at + 2, [(tuple(path), words[at + 1])]
            if words[at] != "::":
                if path[-1] == "self":
                    path.pop()
                return at, [(tuple(path), path[-1] if path else "self")]

    at, found = one(at, [])
    return found, at


def after_block(words, at):
    """The place after the block that begins at or after `at`, or after a semicolon before it."""
    depth = 0
    while at < len(words):
        if words[at] == "{":
            depth += 1
        elif words[at] == "}":
            depth -= 1
            if depth == 0:
                return at + 1
        elif words[at] == ";" and depth == 0:
            return at + 1
        at += 1
    return at


class Crate:
    def __init__(self, name, root):
        self.name, self.base = name, root.parent
        self.files, self.functions, self.unsafe = set(), [], set()
        self.root = self.module(root, (), None)

    def module(self, file, path, parent):
        self.files.add(file)
        module = Module(file, path, parent)
        text = file.read_text()
        pairs = list(tokens(text))
        if any(word == "unsafe" for word, _ in pairs):
            self.unsafe.add(file)
        self.read(module, [word for word, _ in pairs], [place for _, place in pairs], text, 0, len(pairs))
        return module

    def child(self, module, name):
        file = module.file
        folder = file.parent if file.name in ("mod.rs", "lib.rs", "main.rs") else file.with_suffix("")
        inner = module.path[len(self.file_path(module)) :]
        for part in inner:
            folder = folder / part
        for found in (folder / f"{name}.rs", folder / name / "mod.rs"):
            if found.is_file():
                return found
        return None

    def file_path(self, module):
        while module.parent is not None and module.parent.file == module.file:
            module = module.parent
        return module.path

    def read(self, module, words, places, text, at, end):
        test = False
        depth = 0
        public = False
        while at < end:
            word = words[at]
            if word == "#" and words[at + 1] == "[":
                start, at, open_ = at, at + 2, 1
                while open_:
                    open_ += {"[": 1, "]": -1}.get(words[at], 0)
                    at += 1
                if words[start + 2 : start + 7] == ["cfg", "(", "test", ")", "]"] or "fuzzing" in words[start:at]:
                    test = True
                if words[start + 2 : start + 5] == ["cfg", "(", "all"] and "test" in words[start:at]:
                    test = True
                continue
            if test and word in ITEMS | {"mod", "use", "impl", "pub"}:
                if word == "pub":
                    at += 1
                    continue
                at, test = after_block(words, at) if word != "use" else words.index(";", at) + 1, False
                continue
            if word == "pub":
                public = True
                at += 1
                if words[at] == "(":
                    at = words.index(")", at) + 1
                continue
            if word == "use" and depth == 0:
                found, at = tree(words, at + 1)
                for path, name in found:
                    module.named.append(path)
                    if name == "*":
                        module.globs.append(path)
                    else:
                        module.passed_on[name] = path
                public = False
                continue
            if word == "mod" and depth == 0 and words[at + 2] in (";", "{"):
                name = words[at + 1]
                path = module.path + (name,)
                if words[at + 2] == ";":
                    # A second one of the name takes its place where a feature is off.
                    file = None if name in module.children else self.child(module, name)
                    if file is not None:
                        module.children[name] = self.module(file, path, module)
                    at += 3
                else:
                    inner = Module(module.file, path, module)
                    module.children[name] = inner
                    stop = after_block(words, at)
                    self.read(inner, words, places, text, at + 3, stop - 1)
                    at = stop
                public = False
                continue
            if word in ITEMS or word == "macro_rules!":
                name = words[at + 1]
                if depth == 0 and name not in ("fn", "unsafe", "extern"):
                    module.items.add(name)
                if word == "fn" and name.isidentifier():
                    stop = after_block(words, at)
                    first, last = (text.count("\n", 0, places[i]) for i in (at, min(stop, len(places)) - 1))
                    self.functions.append((last - first + 1, module.file, name))
                at += 1
                public = False
                continue
            if word in ("crate", "super", "self") and at + 1 < end and words[at + 1] == "::":
                path = [word]
                while words[at + 1] == "::" and words[at + 2][0].isidentifier():
                    path.append(words[at + 2])
                    at += 2
                module.named.append(tuple(path))
            elif word[0].isidentifier() and at + 1 < end and words[at + 1] == "::" and word in module.children:
                module.named.append(("self", word, words[at + 2]))
            if word == "{":
                depth += 1
            elif word == "}":
                depth -= 1
            at += 1

    def defined(self, module, path, seen=()):
        """The module in which what `path` names from `module` is defined."""
        if not path or (module, path) in seen:
            return None
        seen = (*seen, (module, path))
        word, rest = path[0], path[1:]
        if word == "crate":
            return self.inside(self.root, rest, seen)
        if word == "super":
            return self.inside(module.parent, rest, seen) if module.parent else None
        if word == "self":
            return self.inside(module, rest, seen)
        if word in module.children:
            return self.inside(module.children[word], rest, seen)
        if word in module.passed_on and module.passed_on[word] != path:
            return self.defined(module, module.passed_on[word] + rest, seen)
        return None

    def inside(self, module, path, seen):
        if not path:
            return module
        word, rest = path[0], path[1:]
        if word == "super":
            return self.inside(module.parent, rest, seen) if module.parent else None
        if word == "self":
            return self.inside(module, rest, seen)
        if word in module.items and word not in module.children:
            return module
        if word in module.children:
            return self.inside(module.children[word], rest, seen)
        if word in module.passed_on:
            return self.defined(module, module.passed_on[word] + rest, seen)
        for glob in module.globs:
            start = self.defined(module, glob, seen)
            if start is not None and start is not module:
                found = self.inside(start, path, seen)
                if found is not None:
                    return found
        return module if word[0].isupper() or word == "*" else None

    def edges(self):
        graph = {file: set() for file in self.files}
        stack = [self.root]
        while stack:
            module = stack.pop()
            stack += module.children.values()
            for path in module.named:
                found = self.defined(module, path)
                if found is not None and found.file != module.file:
                    graph[module.file].add(found.file)
        return graph


def circles(graph):
    """The strongly connected sets of more than one file (Tarjan)."""
    index, low, found = {}, {}, []
    stack, on_stack = [], set()

    def enter(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        on_stack.add(node)

    def visit(start):
        work = [(start, iter(sorted(graph[start])))]
        enter(start)
        while work:
            node, rest = work[-1]
            for other in rest:
                if other not in index:
                    enter(other)
                    work.append((other, iter(sorted(graph[other]))))
                    break
                if other in on_stack:
                    low[node] = min(low[node], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    part = []
                    while True:
                        part.append(stack.pop())
                        on_stack.remove(part[-1])
                        if part[-1] == node:
                            break
                    if len(part) > 1:
                        found.append(sorted(part))

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return sorted(found, key=len, reverse=True)
