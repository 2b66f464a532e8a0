# So it was where Git asked for it again.
# story v1 of seed 18827
{"Seed":18827,"Agents":1,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"tcp","Name":"","Match":1,"Weights":[100,0]}],"Extra":1,"Labels":0,"NoRule":false},{"Host":"api","Name":"api","Absent":false,"Routes":[{"Protocol":"http","Name":"beta","Match":1,"Weights":[0,100]},{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":1,"Labels":0,"NoRule":false}],"Plans":[{"Name":"web","Absent":false,"Targets":[0,1],"Routes":null,"Steps":4,"Total":0,"Suspend":false,"Deadline":300}],"Suspend":false,"Prune":true,"Adopt":null,"Default":5,"Strict":0,"Broken":0},"Alive":null,"Events":null}
2m0s       hand         on=synced skip=4 a=4 b=15
3m0s       dies         on=fetch a=2 b=3
7m0s       dies         on=read a=6 b=1
8m0s       weights      a=7 b=4
10m0s      dies         on=support after=1 a=6 b=6
25m0s      dies         on=authors skip=2 after=1 a=5 b=4
43m0s      dies         on=authors after=1 a=5 b=7
50m0s      route        a=6
1h47m0s    weights      b=29
