#!/bin/sh
# What a careful person would write to see on one host that nothing of playbooks/private-cluster.yml is to be done:
# the same reads as runbook's, in as few processes as come to mind, printed for a look. Runs on the host, as root, by
# `ssh HOST sh -s <second-apply.sh`. Programs are told by their receipts, not hashed anew. The Bootstrap list stands in
# the config.
export LC_ALL=C
repo=/var/lib/ipfs cluster=/var/lib/ipfs-cluster bin=/usr/local/bin lib=/usr/local/lib
kubo=$(readlink $bin/ipfs) service=$(readlink $bin/ipfs-cluster-service) ctl=$(readlink $bin/ipfs-cluster-ctl)

echo '# the machine'
uname -msrn
nproc
cat /etc/os-release
date +%s.%N
readlink -f $bin $lib/kubo $lib/ipfs-cluster $repo $cluster /etc/systemd/system

echo '# the user'
getent passwd ipfs
getent group ipfs
id ipfs

echo '# the programs: a receipt holds size, change time, inode and digest; the record what was installed'
ls -ld $bin $lib/kubo/* $lib/ipfs-cluster/* $bin/ipfs $bin/ipfs-cluster-service $bin/ipfs-cluster-ctl
for program in "$kubo" "$service" "$ctl"; do
  read -r size changed inode digest <"${program%/*}/.${program##*/}.receipt"
  if [ "$(stat -c '%s %.9Z %i' "$program")" = "$size $changed $inode" ]; then
    echo "$digest  $program"
  else
    sha256sum "$program"
  fi
done
cat "${kubo%/*}/.runbook-record" "${kubo%/*}/.runbook-says" "${service%/*}/.runbook-record" "${service%/*}/.runbook-says"

echo '# files and folders'
stat -c '%n %F %a %U %G %s %.9Z' $repo $repo/config $repo/version $repo/datastore_spec $repo/blocks $repo/datastore \
  $repo/keystore $repo/swarm.key $repo/api $repo/.restart $cluster $cluster/service.json $cluster/identity.json \
  $cluster/peerstore $cluster/.restart /etc/systemd/system/ipfs.service /etc/systemd/system/ipfs-cluster.service
ls -A $repo $cluster
sha256sum $repo/swarm.key
cat /etc/systemd/system/ipfs.service /etc/systemd/system/ipfs-cluster.service

echo '# the services'
systemctl show --timestamp=us+utc -p Id,LoadState,ActiveState,SubState,UnitFileState,NeedDaemonReload \
  -p StateChangeTimestamp,ExecMainStartTimestamp,NRestarts,Result -- ipfs.service ipfs-cluster.service

echo '# which addresses are its own, who listens, who may write'
ip -o addr show
ss -ltnp
for folder in $bin $lib /etc/systemd/system /var/lib; do test -w "$folder" || echo "no writing to $folder"; done
grep -c '"Authorizations": *{ *$' $repo/config

echo '# the exchange of blocks, the cluster'
cat $repo/.runbook-exchange $cluster/peerstore
sed -n 's/^ *"id": *"\([^"]*\)".*/\1/p' $cluster/identity.json
sed -n 's/.*"secret": *"\([^"]*\)".*/\1/p' $cluster/service.json | head -n 1 | sha256sum
sed -e 's/\("secret": *\)"[^"]*"/\1"*"/; s/\("private_key": *\)"[^"]*"/\1"*"/' $cluster/service.json

echo '# the daemons'
runuser -u ipfs -- env HOME=$repo IPFS_PATH=$repo sh -c '
  ipfs config show
  ipfs --api /ip4/127.0.0.1/tcp/5001 --timeout=5s swarm peers
  ipfs --api /ip4/127.0.0.1/tcp/5001 --timeout=5s swarm peering ls
  ipfs-cluster-ctl --host /ip4/127.0.0.1/tcp/9094 --timeout 20 --enc=json peers ls
'
