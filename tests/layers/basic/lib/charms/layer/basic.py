"""Make a hook's Python environment ready, and turn configuration into flags.

Runs under the system's Python first, with nothing but its standard library, then once more under
the charm's own environment.
"""

import glob
import os
import shutil
import subprocess
import sys

from charms import layer

MARKER = "wheelhouse/.bootstrapped"
UPGRADED = "wheelhouse/.upgraded"  # set by an upgrade-charm hook that has rebuilt the environment
UPGRADE_HOOKS = ("upgrade-charm", "post-series-upgrade")
PIP_OF_DEBIAN = "/usr/share/python-wheels/pip-*.whl"
WRAPPERS = ("charms.reactive", "chlp", "layer_option")


def bootstrap_charm_deps():
    """Install what the charm needs if that was not done yet, then run under its environment.

    Returns only in the charm's environment; elsewhere it starts this program anew.
    """
    _run_exec_d()
    os.environ["PATH"] += ":" + os.path.join(os.environ["JUJU_CHARM_DIR"], "bin")
    upgrading = os.path.basename(sys.argv[0]) in UPGRADE_HOOKS and not os.path.exists(UPGRADED)
    if os.path.exists(MARKER) and not upgrading:
        _install_wrappers()
        activate_venv()
        if os.path.exists(UPGRADED):
            os.unlink(UPGRADED)
        return
    shutil.rmtree(_venv(), ignore_errors=True)
    if os.path.exists(MARKER):
        os.unlink(MARKER)
    _install()
    for marker in (MARKER, UPGRADED) if upgrading else (MARKER,):
        with open(marker, "w"):
            pass
    _run_under(_python())


def _run_exec_d():
    """Run each exec.d/*/charm-pre-install until it has succeeded once; a failure ends the hook."""
    for script in sorted(glob.glob("exec.d/*/charm-pre-install")):
        done = os.path.join("exec.d", ".{}_charm-pre-install.done".format(script.split("/")[1]))
        if os.path.exists(done):
            continue
        status = subprocess.call([script], stderr=subprocess.STDOUT)
        if status:
            words = "Error ({}) running {}".format(status, script)
            subprocess.call(["status-set", "blocked", words])
            sys.exit(0)
        with open(done, "w"):
            pass


def activate_venv():
    """Run under the charm's environment from here on, and import the layers' libraries."""
    if layer.options.get("basic", "use_venv") and not sys.executable.startswith(_venv()):
        os.environ["PATH"] = os.path.join(_venv(), "bin") + ":" + os.environ["PATH"]
        _run_under(_python())
    layer.patch_options_interface()
    layer.import_layer_libs()


def init_config_states():
    """Set config.changed, config.changed.X, config.set.X and config.default.X for this hook."""
    from charmhelpers.core import hookenv
    from charms.reactive import set_flag, toggle_flag

    config = hookenv.config()
    for name, default in _config_defaults().items():
        if config.changed(name):
            set_flag("config.changed")
            set_flag("config.changed." + name)
        toggle_flag("config.set." + name, config.get(name))
        toggle_flag("config.default." + name, config.get(name) == default)


def clear_config_states():
    """Clear them at the hook's end, in the same breath as everything else that is kept."""
    from charmhelpers.core import hookenv, unitdata
    from charms.reactive import clear_flag

    clear_flag("config.changed")
    for name in hookenv.config():
        for kind in ("changed", "set", "default"):
            clear_flag("config.{}.{}".format(kind, name))
    unitdata.kv().flush()


def _config_defaults():
    import yaml

    if not os.path.exists("config.yaml"):
        return {}
    with open("config.yaml") as stream:
        options = (yaml.safe_load(stream) or {}).get("options") or {}
    return {name: entry.get("default") for name, entry in options.items()}


def _venv():
    return os.path.abspath("../.venv")


def _python():
    """The interpreter of the charm: its environment's, or the one we have."""
    python = os.path.join(_venv(), "bin", "python3")
    return python if os.path.exists(python) else sys.executable


def _run_under(python):
    os.execve(python, [python] + sys.argv, os.environ)


def _install():
    """Packages, environment, wheelhouse, in this order; any failure fails the hook."""
    _apt_install(["python3-venv", "python3-yaml"])
    options = _options_of_basic()
    _apt_install(options["packages"])
    if options["use_venv"]:
        command = [sys.executable, "-m", "venv", "--without-pip", _venv()]
        if options["include_system_packages"]:
            command.append("--system-site-packages")
        subprocess.check_call(command)
    # what is never imported need not be compiled: hooks compile the rest, once
    offline = ["--no-index", "--no-deps", "--find-links", "wheelhouse", "--no-compile"]
    _pip("install", *offline, *_wheelhouse())
    if options["python_packages"]:
        _pip("install", "-U", *options["python_packages"])
    shutil.copy2("bin/layer_option", os.path.dirname(_python()))
    _install_wrappers()


def _options_of_basic():
    """The layer's own options; python3-yaml may have been installed just now."""
    sys.path_importer_cache.clear()
    from charms.layer import options

    return options.get("basic")


def _wheelhouse():
    """All of it but pip: the pinned one needs Python < 3.12, and the system brings a newer one."""
    found = glob.glob("wheelhouse/*.whl") + glob.glob("wheelhouse/*.tar.gz")
    found += glob.glob("wheelhouse/*.zip")
    return sorted(path for path in found if not path.startswith("wheelhouse/pip-"))


def _pip(*arguments):
    """Run the pip that python3-venv brings, straight from its wheel."""
    import ensurepip  # comes with python3-venv

    bundled = glob.glob(os.path.join(os.path.dirname(ensurepip.__file__), "_bundled", "pip-*.whl"))
    env = dict(os.environ, PYTHONPATH=(bundled or glob.glob(PIP_OF_DEBIAN))[0])
    command = [_python(), "-m", "pip", "--disable-pip-version-check", "--no-cache-dir", "-q"]
    subprocess.check_call(command + list(arguments), env=env)


def _apt_install(packages):
    """Install those distribution packages that are missing."""
    packages = sorted(set(packages) - _installed(packages))
    if not packages:
        return
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    command = ["apt-get", "-y", "-q", "-o", "Dpkg::Options::=--force-confold", "install"]
    if subprocess.call(command + packages, env=env) == 0:
        return
    subprocess.check_call(["apt-get", "-q", "update"], env=env)
    subprocess.check_call(command + packages, env=env)


def _installed(packages):
    """Those of the packages that are there: asking dpkg takes far less time than apt-get does."""
    asked = ["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\\n"]
    done = subprocess.run(asked + packages, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    lines = done.stdout.decode().splitlines()
    return {line.split()[0] for line in lines if line.endswith(" installed")}


def _install_wrappers():
    """charm-env in /usr/local/sbin, and the programs of the charm's environment through it."""
    target = "/usr/local/sbin/charm-env"
    if not os.path.exists(target):
        shutil.copy2("bin/charm-env", target)
    for name in WRAPPERS:
        link = os.path.join("/usr/local/sbin", name)
        if not os.path.lexists(link):
            os.symlink(target, link)
