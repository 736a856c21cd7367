"""The twenty ordinary tasks as a user of pyinfra writes them. Its templates have no last newline: they go elsewhere."""

from io import StringIO

from pyinfra import host, inventory
from pyinfra.operations import files, server

base = host.data.base
neighbours = " ".join(other.name for other in inventory if other.name != host.name)

server.group(name="Group", group="ordinary", system=True)
server.user(
    name="User", user="ordinary", group="ordinary", system=True, home=f"{base}/home", ensure_home=False,
    shell="/usr/sbin/nologin",
)
files.directory(name="Folder", path=base, mode="755")
files.directory(name="Folder of settings", path=f"{base}/etc", mode="755")
files.directory(name="Folder of data", path=f"{base}/data", user="ordinary", group="ordinary", mode="750")
files.directory(name="Folder of logs", path=f"{base}/log", user="ordinary", group="ordinary", mode="750")
files.put(name="Copy the licence", src="test/bench/files/licence.txt", dest=f"{base}/LICENCE", mode="644")
files.put(
    name="Copy the table", src="test/bench/files/table.csv", dest=f"{base}/data/table.csv", user="ordinary",
    group="ordinary", mode="640",
)
files.put(name="Copy the program", src="test/bench/files/program.sh", dest=f"{base}/program", mode="755")
files.put(
    name="Copy the limits", src=StringIO("ordinary soft nofile 4096\nordinary hard nofile 65536\n"),
    dest="/etc/security/limits.d/ordinary.conf", mode="644",
)
files.put(
    name="Copy the kernel settings", src=StringIO("net.core.rmem_max = 7500000\nnet.core.wmem_max = 7500000\n"),
    dest="/etc/sysctl.d/60-ordinary.conf", mode="644",
)
files.put(
    name="Copy the greeting", src=StringIO("This host is looked after by runbook.\n"), dest=f"{base}/etc/greeting",
    mode="644",
)
files.put(name="Copy the name of the host", src=StringIO(f"{host.name}\n"), dest=f"{base}/etc/name", mode="644")
files.put(
    name="Copy the list of neighbours", src=StringIO(f"{neighbours}\n"), dest=f"{base}/etc/neighbours", mode="644",
)
files.template(
    name="Template of the settings", src="test/bench/rivals/templates/settings.conf.j2",
    dest=f"{base}/etc/settings.pyinfra", group="ordinary", mode="640", inventory_hostname=host.name, workers=4, base=base,
)
files.template(
    name="Template of the origins", src="test/bench/rivals/templates/origins.conf.j2", dest=f"{base}/etc/origins.pyinfra",
    mode="644", origins=["alpha.example", "beta.example", "gamma.example"],
)
files.line(
    name="Line in the environment", path="/etc/environment", line="^ORDINARY=.*", replace=f"ORDINARY={base}",
)
files.line(name="Line in the list of shells", path="/etc/shells", line=f"{base}/program")
files.link(name="Link to the program", path="/usr/local/bin/ordinary", target=f"{base}/program")
server.service(name="Service", service="ssh", running=True, enabled=True)
