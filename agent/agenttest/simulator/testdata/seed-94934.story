# What a group had recorded of a member was forgotten when its plan went.
# story v1 of seed 94934
{"Seed":94934,"Agents":1,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"tcp","Name":"","Match":1,"Weights":[100,0]}],"Extra":2,"Labels":0,"NoRule":false},{"Host":"api","Name":"api","Absent":false,"Routes":[{"Protocol":"http","Name":"beta","Match":1,"Weights":[100,0]},{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":0,"Labels":0,"NoRule":false},{"Host":"pay","Name":"pay","Absent":false,"Routes":[{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0,0]}],"Extra":2,"Labels":0,"NoRule":false},{"Host":"mail","Name":"mail","Absent":false,"Routes":[{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0,0]}],"Extra":0,"Labels":0,"NoRule":false}],"Plans":[{"Name":"web","Absent":false,"Targets":[0,1,2],"Routes":null,"Steps":3,"Total":0,"Suspend":false,"Deadline":0}],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":0,"Strict":0,"Broken":0},"Alive":null,"Events":null}
5m0s       midway       a=49 b=5
10m0s      delete       a=5
11m0s      target       a=2 b=6
