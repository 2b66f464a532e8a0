# A cache that fell behind what a move was decided on made it look overtaken.
# story v1 of seed 33491
{"Seed":33491,"Agents":1,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"http","Name":"beta","Match":1,"Weights":[1,3]},{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":1,"Labels":0,"NoRule":false},{"Host":"api","Name":"api","Absent":false,"Routes":[{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":0,"Labels":0,"NoRule":false},{"Host":"pay","Name":"pay","Absent":false,"Routes":[{"Protocol":"tls","Name":"","Match":1,"Weights":[100,0,0]}],"Extra":1,"Labels":0,"NoRule":false},{"Host":"mail","Name":"mail","Absent":false,"Routes":[{"Protocol":"tls","Name":"","Match":1,"Weights":[100,0,0]}],"Extra":0,"Labels":0,"NoRule":false}],"Plans":[],"Suspend":false,"Prune":false,"Adopt":["kubectl-client-side-apply","helm"],"Default":2,"Strict":0,"Broken":0},"Alive":null,"Events":null}
32.25s     lag          on=record after=1 a=6 b=1
11m0s      twice        on=apply skip=2 after=1 a=2 b=2
13m0s      weights      a=3 b=1
