# The chain of runbook.yml for pyinfra, as far as it can say it. `archive`: app.tar.gz on the controller.
# Not said: 13 changes nothing (an operation that runs a command is always a change); 19 is no operation but a fact,
# read where it is asked for. Conditions on what is there or was said are functions, called when their turn comes.
from io import StringIO

from pyinfra import host
from pyinfra.facts.files import File
from pyinfra.operations import files, python, server, systemd

server.group(name="01 a group", group="app")
server.user(name="02 a user in it", user="app", group="app", shell="/bin/sh")
files.directory(name="03 a folder it owns", path="/srv/app", user="app", group="app", mode="755")
files.put(
    name="04 a file in the folder",
    src=StringIO("port=80\nhost=a\n"),
    dest="/srv/app/a.conf",
    user="app",
    group="app",
)
files.line(name="05 a line that is in that file", path="/srv/app/a.conf", line="port=80")
files.line(name="06 a line that is not", path="/srv/app/a.conf", line="debug=1")
files.put(name="07 an archive", src=host.data.archive, dest="/srv/app/app.tar.gz")
# files.unarchive refuses the whole deploy while the archive is not there.
server.shell(name="08 the archive unpacked", commands=["tar -xf /srv/app/app.tar.gz -C /srv/app"])
files.link(name="09 a link into it", path="/srv/app/current", target="/srv/app/app")
files.put(
    name="10 a unit file",
    src=StringIO(
        "[Service]\nExecStart=/srv/app/current/run.sh\nUser=app\n[Install]\nWantedBy=multi-user.target\n"
    ),
    dest="/etc/systemd/system/app.service",
)
systemd.service(name="11 its service", service="app", running=True, daemon_reload=True)
server.shell(
    name="12 a command that creates a file",
    commands=["/srv/app/current/answer.sh"],
    _if=lambda: host.get_fact(File, path="/srv/app/answer") is None,
)
answer = server.shell(name="13 a command that reads it", commands=["cat /srv/app/answer"])


def write_answer() -> None:
    files.put(src=StringIO(f"answer={answer.stdout}\n"), dest="/srv/app/answer.conf")


python.call(name="14 a file of what it said", function=write_answer)
files.put(
    name="15 a file only if it said 42",
    src=StringIO("the answer\n"),
    dest="/srv/app/right",
    _if=lambda: answer.stdout == "42",
)
files.file(name="16 no archive any more", path="/srv/app/app.tar.gz", present=False)
# files.copy copies into a folder, and refuses the whole deploy while what it copies is not there.
server.shell(name="17 a file copied on the host", commands=["cp /srv/app/a.conf /srv/app/b.conf"])
files.replace(name="18 a replacement in the copy", path="/srv/app/b.conf", text="^port=80$", replace="port=81")
files.file(
    name="20 a mode only if it is there",
    path="/srv/app/b.conf",
    mode="600",
    _if=lambda: host.get_fact(File, path="/srv/app/b.conf") is not None,
)
