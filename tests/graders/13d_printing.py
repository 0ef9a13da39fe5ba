"Typical wrong answers to the exercises of chapter 13d: each must fail, with a message of its own"
WRONG = {
    "pipe": [
        "def pipe(d, wall, h): return cylinder(2*d, h) - cylinder(2*d - 2*wall, h + 2).at(z=-1)",    # a radius
        "def pipe(d, wall, h): return (cylinder(d, h) - cylinder(d - 2*wall, h + 2).at(z=-1)).at(z=-h/2)",
        "def pipe(d, wall, h): return cylinder(d, h) - cylinder(d - wall, h + 2).at(z=-1)",
        "def pipe(d, wall, h): return cylinder(d, h) - cylinder(d - 2*wall, h).at(z=1)"],            # a cup
    "plastic": [
        "def plastic(mesh, shell=1.2, infill=.15): return min(mesh.area*shell, mesh.volume)*(1 - infill) + infill*mesh.volume",
        "def plastic(mesh, shell=1.2, infill=.15): return (mesh.area*shell + infill*(mesh.volume - mesh.area*shell))/1000",
        "def plastic(mesh, shell=1.2, infill=.15): return min(mesh.volume, mesh.area*shell + infill*mesh.volume)/1000"],
    "thinnest_wall": [
        "def thinnest_wall(solid, most=10.): return most",
        "def thinnest_wall(solid, most=10.): return 0.",
        "def thinnest_wall(solid, most=10.):\n    m = manifold(solid)\n    return next((w for w in np.arange(most, 0, -.05) if thin_area(m, w) <= .5), 0.)"],
}
