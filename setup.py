"Everything about the package is in settings.ini; this file hands it to setuptools."
import configparser, shlex
from pathlib import Path
from setuptools import find_packages, setup

here = Path(__file__).parent
config = configparser.ConfigParser(delimiters=["="])
config.read(here/"settings.ini", encoding="utf-8")
cfg = config["DEFAULT"]
readme = here/"README.md"

setup(
    name=cfg["lib_name"], version=cfg["version"], description=cfg["description"], keywords=cfg["keywords"],
    long_description=readme.read_text(encoding="utf-8") if readme.is_file() else "", long_description_content_type="text/markdown",
    author=cfg["author"], author_email=cfg["author_email"], url=cfg["git_url"],
    license="Apache-2.0", license_files=["LICENSE", "NOTICE"],
    packages=find_packages(include=["smolvla", "smolvla.*"]), package_data={"smolvla": ["assets/**", "py.typed", "**/*.pyi"]}, include_package_data=True,
    python_requires=f">={cfg['min_python']}", install_requires=shlex.split(cfg["requirements"]),
    extras_require={extra: shlex.split(cfg[f"{extra}_requirements"]) for extra in ("dev", "print", "cad")},
    entry_points={"console_scripts": cfg["console_scripts"].split(), "nbdev": [f"{cfg['lib_name']}={cfg['lib_name']}._modidx:d"]},
    zip_safe=False,
)
