"""Write our printable parts and sheets into this folder: stl/, 3mf/, pdf/, contact_sheet.png and hashes.json.

Example: python hardware/print/make.py                     the committed files, for a clearance of 0.2 mm
         python hardware/print/make.py --c 0.3 --out mine  your printer's clearance, another folder
         python hardware/print/make.py --step --out mine   STEP files too (pip install -e '.[cad]')"""
import argparse, json
from pathlib import Path
from smolvla.workshop.accessories import Sizes, all_parts, contact_sheet, write_parts

def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder to write to")
    a.add_argument("--c", type=float, default=Sizes.c, help="clearance on each side, mm")
    a.add_argument("--plate", type=float, default=Sizes.plate, help="thickness of the base plate, mm; 0 when the arm stands on the table")
    a.add_argument("--step", action="store_true", help="also write STEP files")
    a = a.parse_args()
    sizes = Sizes(c=a.c, plate=a.plate)
    try: files = write_parts(a.out, sizes, a.step)
    except (ValueError, ImportError, OSError) as e: raise SystemExit(f"make.py: {e}")
    (a.out/"hashes.json").write_text(json.dumps(files, indent=1) + "\n")
    contact_sheet(all_parts(sizes)).savefig(a.out/"contact_sheet.png", dpi=90, metadata=dict(Software=None))
    print(f"{len(files)} files in {a.out}")

if __name__ == "__main__": main()
