# A member that joins a group brings what allowed it; the group's decision named only its own.
# story v1 of seed 10400
{"Seed":10400,"Agents":2,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"tls","Name":"","Match":1,"Weights":[100,0,0]}],"Extra":2,"Labels":0,"NoRule":false},{"Host":"api","Name":"api","Absent":false,"Routes":[{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":0,"Labels":0,"NoRule":false},{"Host":"pay","Name":"pay","Absent":false,"Routes":[{"Protocol":"tls","Name":"","Match":1,"Weights":[100,0,0]}],"Extra":0,"Labels":0,"NoRule":false}],"Plans":[{"Name":"web","Absent":false,"Targets":[0],"Routes":null,"Steps":3,"Total":0,"Suspend":false,"Deadline":0},{"Name":"api","Absent":false,"Targets":[1],"Routes":null,"Steps":1,"Total":0,"Suspend":false,"Deadline":0}],"Suspend":false,"Prune":true,"Adopt":["kubectl-client-side-apply","helm"],"Default":3,"Strict":0,"Broken":0},"Alive":[],"Events":null}
3m0s       group        agent=1 on=record after=1 a=5 b=63
4m0s       extra        agent=1 a=3 b=1
4m0s       dies         agent=1 on=record a=5 b=1
