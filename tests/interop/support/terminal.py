# A terminal for a program: `python3 terminal.py ROWS COLUMNS PROGRAM ARGUMENT...`
# Reads commands from stdin, one JSON object a line: {"keys": "..."}, {"resize": [rows, columns]}, {"signal": number}.
# After each output of the program it writes one to stdout: what the screen shows, line by line, and the terminal's state;
# at the end {"status": exit status or minus the signal} with the state that the program left behind.
import fcntl, json, os, pty, re, select, signal, struct, sys, termios, unicodedata

rows, columns = int(sys.argv[1]), int(sys.argv[2])
signal.alarm(120)  # whatever happens


def set_size(fd):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


class Screen:
    escape = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])")

    def __init__(self):
        self.alternate, self.cursor_shown, self.faults = False, True, []
        self.row = self.column = 0
        self.lines, self.marked = {}, ""

    def width(self, character):
        if unicodedata.combining(character) or character in "\u200d\ufe0f":
            return 0
        return 2 if unicodedata.east_asian_width(character) in "WF" else 1

    def put(self, character, inverse):
        width = self.width(character)
        if width == 0:
            return
        if self.column + width > columns:
            self.faults.append(f"row {self.row} is wider than the screen")
            self.column = 0
            self.row += 1
        if self.row >= rows:
            self.faults.append("the screen scrolls")
            self.row = rows - 1
        line = self.lines.setdefault(self.row, {})
        line[self.column] = character
        if inverse:
            self.marked += character
        for further in range(1, width):
            line[self.column + further] = ""
        self.column += width

    def feed(self, text):
        inverse = False
        at = 0
        while at < len(text):
            found = self.escape.match(text, at)
            if found:
                at = found.end()
                what = found.group(1) + found.group(2)
                if what == "H":
                    self.row = self.column = 0
                    self.marked = ""
                elif what == "K":
                    line = self.lines.setdefault(self.row, {})
                    for column in [c for c in line if c >= self.column]:
                        del line[column]
                elif what in ("?1049h", "?1049l"):
                    self.alternate = what.endswith("h")
                    self.lines, self.row, self.column = {}, 0, 0
                elif what in ("?25h", "?25l"):
                    self.cursor_shown = what.endswith("h")
                elif what in ("7m", "27m"):
                    inverse = what == "7m"
                elif what in ("2m", "22m"):
                    pass  # pale
                else:
                    self.faults.append(f"unknown sequence {what}")
                continue
            character = text[at]
            at += 1
            if character == "\r":
                self.column = 0
            elif character == "\n":
                self.row += 1
                if self.row >= rows and self.alternate:
                    self.faults.append("the screen scrolls")
                self.row = min(self.row, rows - 1)
            elif ord(character) < 32 or 127 <= ord(character) < 160:
                self.faults.append(f"control character {ord(character)}")
            else:
                self.put(character, inverse)

    def shown(self):
        return [
            "".join(self.lines.get(row, {}).get(column, " ") for column in range(columns)).rstrip() for row in range(rows)
        ]


child, master = pty.fork()
if child == 0:
    set_size(0)
    os.execv(sys.argv[3], sys.argv[3:])

screen = Screen()
commands, unread = b"", b""


def state(**more):
    flags = termios.tcgetattr(master)[3]
    print(
        json.dumps(
            {
                "screen": screen.shown(),
                "marked": screen.marked,
                "alternate": screen.alternate,
                "cursor": screen.cursor_shown,
                "echo": bool(flags & termios.ECHO),
                "lines": bool(flags & termios.ICANON),
                "faults": screen.faults,
                **more,
            }
        ),
        flush=True,
    )


def obey(command):
    global rows, columns
    if "keys" in command:
        os.write(master, command["keys"].encode())
    if "resize" in command:
        rows, columns = command["resize"]
        screen.lines = {}
        set_size(master)
    if "signal" in command:
        os.kill(child, command["signal"])


inputs = [master, 0]
while master in inputs:
    readable = select.select(inputs, [], [])[0]
    if 0 in readable:
        received = os.read(0, 65536)
        commands += received
        if not received:
            os.kill(child, signal.SIGKILL)
            inputs.remove(0)
        while b"\n" in commands:
            line, commands = commands.split(b"\n", 1)
            obey(json.loads(line))
    if master in readable:
        try:
            output = os.read(master, 65536)
        except OSError:
            output = b""
        if not output:
            inputs.remove(master)
            continue
        unread += output
        # A character, or a sequence, that is not whole yet waits for its rest.
        text = unread.decode(errors="ignore")
        cut = text.rfind("\x1b")
        if cut >= 0 and not Screen.escape.match(text, cut):
            text = text[:cut]
        unread = unread[len(text.encode()) :]
        screen.feed(text)
        state()

_, status = os.waitpid(child, 0)
state(status=os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status))
