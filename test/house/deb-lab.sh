#!/bin/sh
# deb-lab.sh PACKAGE DIRECTORY: puts a package on this machine as it is below an overlay in that
# directory, in a mount namespace of its own, so that nothing of it is left; and does what an operator does with it. Each step is named by a line that begins with ">".
set -e
lab=$2
mount -t tmpfs tmpfs "$lab"
mkdir "$lab/upper" "$lab/work" "$lab/root"
root=$lab/root
mount -t overlay overlay -o "lowerdir=/,upperdir=$lab/upper,workdir=$lab/work" "$root"
for one in proc dev sys; do mount --rbind /$one "$root/$one"; done
for one in run tmp; do mount -t tmpfs tmpfs "$root/$one"; done
cp "$1" "$root/tmp/package.deb"
exec chroot "$root" sh -ec '
cd /
pid=
trap "[ -z \"\$pid\" ] || kill \$pid 2>/dev/null || :" EXIT
daemon() {
  install -d -o intertrack -g intertrack /run/intertrack /var/lib/intertrack /var/log/intertrack
  runuser -u intertrack -- intertrackd -c /etc/intertrack/intertrackd.conf 2>/tmp/said &
  pid=$!
  for i in $(seq 300); do [ -S /run/intertrack/intertrackd.sock ] && break; sleep 0.1; done
}
echo ">install"; dpkg -i /tmp/package.deb
echo ">files"; stat -c "%a %U:%G %n" /etc/intertrack /etc/intertrack/intertrackd.conf; id -Gn itprobe
echo ">check"; intertrackd -t -c /etc/intertrack/intertrackd.conf && echo right
echo ">example"; intertrackd -t -c /usr/share/doc/intertrack/examples/intertrackd.conf && echo right
echo ">examples"; ls /usr/share/doc/intertrack/examples
echo ">status"; daemon; itctl show status; kill $pid; wait $pid || :; pid=
echo ">units"; systemd-analyze verify intertrackd.service itprobe@tap1.service itprobe-translator@nat1.service 2>&1 | grep -i intertrack || :
echo ">manual"; man -w intertrackd intertrack-api
echo ">again"; echo "# mine" >>/etc/intertrack/intertrackd.conf; dpkg -i --force-confold /tmp/package.deb; tail -1 /etc/intertrack/intertrackd.conf
echo ">remove"; dpkg -r intertrack; ls /usr/lib/intertrack /usr/sbin/intertrackd 2>&1 || :; ls /etc/intertrack
echo ">purge"; dpkg -P intertrack; ls -d /etc/intertrack /var/lib/intertrack /var/log/intertrack 2>&1 || :
'
