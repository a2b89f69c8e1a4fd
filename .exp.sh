set -u
B=$1
install -m 4755 $B/newuidmap $B/newgidmap /usr/bin/; install -m 755 $B/getsubids /usr/bin/
useradd -m -u 3000 alice 2>/dev/null; useradd -m -u 3001 bob 2>/dev/null
printf 'alice:100000:65536\nroot:1:65535\nalice:1:1000\n' > /etc/subuid; cp /etc/subuid /etc/subgid
cat >/tmp/in.sh <<'X'
unshare -U sleep 5 & p=$!; sleep .3
newuidmap $p 0 0 1 1 1 10; echo rc $?; newgidmap $p 0 0 1 1 1 10; echo rc $?
cat /proc/$p/uid_map /proc/$p/gid_map; kill $p
X
chmod 755 /tmp/in.sh
echo "== map-auto"; setpriv --reuid alice --regid alice --clear-groups unshare -r --map-auto sh /tmp/in.sh
echo "== -r only"; setpriv --reuid alice --regid alice --clear-groups unshare -r sh /tmp/in.sh
echo "== buildah"; su - alice -c 'buildah unshare sh /tmp/in.sh' 
echo "== podman"; su - alice -c 'podman --storage-driver vfs unshare sh /tmp/in.sh' 
echo "== rootlesskit"; su - alice -c 'rootlesskit --net=host sh /tmp/in.sh' 2>&1 | tail -5
echo "== getsubids"; setpriv --reuid alice --regid alice --clear-groups unshare -r --map-auto getsubids root
echo "== ordinary user in ns, with setuid copy of ns root, bob's file"
cat >/tmp/att.sh <<'X'
mount -t tmpfs none /mnt; cp /usr/bin/newuidmap /mnt/nu; chmod 4755 /mnt/nu
mount --bind /home/bob/subuid /etc/subuid
stat -c '%u %a' /etc/subuid /mnt/nu /etc/passwd
setpriv --reuid 1 --regid 1 --clear-groups sh -c 'unshare -U sleep 5 & p=$!; sleep .3; id -u; /mnt/nu $p 0 0 1; echo rc $?; cat /proc/$p/uid_map; kill $p'
X
printf '1:0:65536\ndaemon:0:65536\n' >/home/bob/subuid; chown bob /home/bob/subuid; chmod 644 /home/bob/subuid; chmod 755 /home/bob
setpriv --reuid alice --regid alice --clear-groups unshare -r --map-auto -m sh /tmp/att.sh
