# A reshape at rest took a hand edit for a step of weir's.
# story v1 of seed 17136
{"Seed":17136,"Agents":1,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"tls","Name":"","Match":1,"Weights":[100,0,0]}],"Extra":0,"Labels":0,"NoRule":false},{"Host":"api","Name":"api","Absent":false,"Routes":[{"Protocol":"http","Name":"beta","Match":1,"Weights":[0,100]},{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":2,"Labels":0,"NoRule":false},{"Host":"pay","Name":"pay","Absent":false,"Routes":[{"Protocol":"tcp","Name":"","Match":1,"Weights":[0,100]}],"Extra":2,"Labels":0,"NoRule":false}],"Plans":[{"Name":"web","Absent":false,"Targets":[0],"Routes":null,"Steps":4,"Total":0,"Suspend":false,"Deadline":3600}],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":2,"Strict":0,"Broken":0},"Alive":[],"Events":null}
1m0s       midway       a=57 b=57
8m0s       labels       agent=1 a=3 b=59
1h53m0s    hand         a=6 b=6
