# A suspension was lifted though the overlay that it came with is still refused.
# story v1 of seed 12294
{"Seed":12294,"Agents":1,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0,0]}],"Extra":0,"Labels":0,"NoRule":false}],"Plans":[],"Suspend":false,"Prune":true,"Adopt":null,"Default":3,"Strict":0,"Broken":0},"Alive":null,"Events":null}
12m0s      suspend      a=57 b=3
48m0s      weights      agent=1 a=3 b=3
1h8m0s     break        agent=1 a=7 b=1
1h13m0s    suspend      a=14 b=5
