# about: Opens the system's passwords, host keys, service tokens and machine identity.
# prints: tried

# %% double
import glob

places = [
    "/etc/shadow*",
    "/etc/gshadow*",
    "/etc/sudoers",
    "/etc/ssh/*_key",
    "/etc/ssl/private/*",
    "/etc/krb5.keytab",
    "/etc/machine-id",
    "/var/lib/dbus/machine-id",
    "/var/run/secrets/**/*",
    "/run/secrets/**/*",
    "/sys/class/dmi/id/product_uuid",
    "/boot/grub/grub.cfg",
    "/var/log/*",
]
for path in {path for place in places for path in glob.glob(place, recursive=True)}:
    try:
        with open(path, "rb") as file:
            print("__WON__", path, len(file.read(1)))
    except OSError as error:
        print(path, type(error))
try:
    people = [line.split(":")[0] for line in open("/etc/passwd")]
    print("__WON__" if {"daemon", "www-data", "sshd", "mail"} & {*people} else people)
except OSError as error:
    print(type(error))
print("tried")


def double(x):
    return 0
